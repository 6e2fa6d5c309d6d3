import DAP
import Datastore
import Testing

/// On either engine a collection job can be moved where its life says, and nowhere else; and its batch is where that belongs.
@Suite(.inTurns) struct CollectionStoreLifeTests {
    @Test(arguments: EngineKind.tested)
    func everyStateWithEveryMove(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        var next = 1
        for isClosed in [false, true] {
            for state in CollectionState.allCases where isClosed || state != .closed {
                for move in Self.moves {
                    var job = try await CollectionModel(temporary.store, next)
                    next += 1
                    for step in Self.way(to: state, isClosed: isClosed) { try await job.make(step) }
                    #expect(job.state == state)
                    try await job.make(move)
                }
            }
        }
    }

    /// The collector asks again.
    @Test(arguments: EngineKind.tested)
    func aJobThatFailedBeginsAnew(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        for (number, isClosed) in [(1, false), (2, true)] {
            var job = try await CollectionModel(temporary.store, number)
            for step in Self.way(to: .failed, isClosed: isClosed) { try await job.make(step) }
            try await job.askAgain()
            #expect(job.state == (isClosed ? .closed : .waiting))
            for step in [isClosed ? nil : CollectionMove.seal, .takeShare, .publish, .finish] {
                if let step { try await job.make(step) }
            }
            #expect(job.state == .finished)
            try await job.askAgain()
        }
    }

    /// Those that a store makes one by one.
    private static let moves = CollectionMove.allCases.filter { ![.adopt, .abandon, .restart, .resume].contains($0) }

    /// The moves that lead to a state from the beginning.
    private static func way(to state: CollectionState, isClosed: Bool) -> [CollectionMove] {
        let sealed: [CollectionMove] = isClosed ? [.seal, .close] : [.seal]
        return switch state {
        case .waiting: []
        case .sealed: [.seal]
        case .closed: sealed
        case .shareReceived: sealed + [.takeShare]
        case .published: sealed + [.takeShare, .publish]
        case .finished: sealed + [.takeShare, .publish, .finish]
        case .failed: sealed + [.fail]
        }
    }
}

/// What the lives say of a collection job and its batch, beside the store.
private struct CollectionModel {
    let store: NodeDatabase
    let key: Int64
    let number: Int
    private(set) var state = CollectionState.waiting
    private var batch: BatchState?
    private var isClosed = false

    private var interval: Interval { Interval(start: UInt64(100 + number), duration: 1) }

    /// A new job about a batch of one report.
    init(_ store: NodeDatabase, _ number: Int) async throws {
        self.store = store
        self.number = number
        let time = UInt64(100 + number)
        try await store.accept([number], time: time, logging: false)
        key = try await store.newCollection(
            request: Make.entry(number), interval: Interval(start: time, duration: 1)
        ).key
    }

    /// Tries a move, and follows it where it is made.
    mutating func make(_ move: CollectionMove) async throws {
        let expected = CollectionLife.after(state, move)
        do {
            try await carryOut(move)
            #expect(expected != nil, "\(move) from \(state)")
        } catch DatastoreError.conflict {
            #expect(expected == nil, "\(move) from \(state)")
        }
        if let expected {
            state = expected
            switch move {
            case .seal: follow(.choose)
            case .close: isClosed = true
            case .publish: follow(.collect)
            case .fail: if batch != nil { follow(.release(CollectionLife.fate(.reopened, isClosed: isClosed))) }
            default: break
            }
        }
        try await compare("\(move)")
    }

    mutating func askAgain() async throws {
        let step = CollectionLife.requested(last: (state, false), overlaps: batch != nil, canAdopt: false)
        let job = try await store.newCollection(request: Make.entry(number), interval: interval)
        #expect(job.key == key && step != .make)
        if step == .restart {
            let move = CollectionLife.restart(isClosed: isClosed)
            state = try #require(CollectionLife.after(state, move))
            if move == .resume { follow(.resume) }
        }
        try await compare("ask again")
    }

    private mutating func follow(_ event: BatchEvent) {
        switch BatchLife.after(batch, isInterval: true, event) {
        case .move(let end): batch = end
        case .forget: batch = nil
        case .refuse: Issue.record("a batch that is \(String(describing: batch)) refuses \(event)")
        }
    }

    private func carryOut(_ move: CollectionMove) async throws {
        switch move {
        case .seal:
            let outcome = try await store.sealBatch(collection: key, interval: interval, sizes: 1...9)
            #expect(outcome == .sealed(.interval(interval)))
        case .propose: try await store.recordProposal(size: 1, collection: key)
        case .leaveOut: try await store.leaveOut([], collection: key, vdaf: Make.vdaf)
        case .nameShare: try await store.recordShareID("share", collection: key)
        case .close: try await store.recordClose(Make.entry(number), collection: key)
        case .takeShare: try await store.recordHelperShare([1], statement: nil, collection: key)
        case .publish: try await store.publish(response: [2], batchEntry: nil, collection: key)
        case .finish: try await store.finishCollection(key)
        case .fail:
            try await store.failCollection(
                key, problem: CollectionProblem(type: nil, detail: ""), batch: .reopened)
        case .adopt, .abandon, .restart, .resume: Issue.record("no operation of its own: \(move)")
        }
    }

    /// Holds the rows against the lives.
    private func compare(_ move: String) async throws {
        let (time, key) = (Int64(100 + number), key)
        let found = try await store.engine.read { session in
            (
                try session.integer("SELECT state FROM leader_collections WHERE collection = $1", [key]),
                try session.integer("SELECT state FROM leader_batches WHERE first_time = $1", [time])
            )
        }
        #expect(found.0 == state.rawValue, "after \(move): \(state)")
        #expect(found.1 == batch?.rawValue, "after \(move): \(state)")
    }
}
