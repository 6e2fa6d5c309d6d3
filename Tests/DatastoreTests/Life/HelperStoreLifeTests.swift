import DAP
import Datastore
import Ledger
import TestSupport
import Testing

/// Whatever happens to a helper's reports, in whatever order and on either engine, the store answers what the life says, and
/// its last words are the life's.
@Suite(.inTurns) struct HelperStoreLifeTests {
    @Test(arguments: EngineKind.tested)
    func theStoreDoesWhatTheLifeSays(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        var model = HelperModel(
            store: temporary.store, reports: try HelperReports(.sum(maxMeasurement: 255)),
            random: SeededGenerator())
        for step in 0..<120 {
            let deed = try await model.step()
            try await model.compare("after step \(step), \(deed)")
            guard step % 10 == 9 else { continue }
            try await HelperAudit(store: temporary.store, reports: model.reports).check("after step \(step), \(deed)")
        }
        let met = Set(model.stages.values.map { "\($0)".prefix { $0 != "(" } })
        #expect(met.count >= 4, "the run shows something: \(met.sorted())")
    }
}

/// What the life says of the reports of a store, beside the store.
private struct HelperModel {
    let store: NodeDatabase
    let reports: HelperReports
    var random: SeededGenerator
    /// By number. What is not here is absent.
    private(set) var stages: [Int: HelperReportStage] = [:]
    /// Those that have a row.
    private var accepted: Set<Int> = []
    /// Reports that others than their contributors have withdrawn before they came.
    private var strangers: Set<Int> = []
    private var buckets: [UInt64: HelperBucketStage] = [:]
    private var logged: Set<Int> = []
    /// Of the newest bucket.
    private var newest: UInt64 = 100

    init(store: NodeDatabase, reports: HelperReports, random: SeededGenerator) {
        self.store = store
        self.reports = reports
        self.random = random
    }

    /// Reports of a bucket have numbers from 10 times its time on.
    private static func time(_ number: Int) -> UInt64 { UInt64(number / 10) }

    private static func scope(_ time: UInt64) -> BatchScope { .interval(Interval(start: time, duration: 1)) }

    private func stage(_ number: Int) -> HelperReportStage { stages[number] ?? .absent }

    private func bucket(_ time: UInt64) -> HelperBucketStage { buckets[time] ?? .open }

    private mutating func number() -> Int {
        Int.random(in: 10 * max(100, Int(newest) - 1)...10 * Int(newest) + 9, using: &random)
    }

    private mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    // MARK: Events

    /// - Returns: what was done.
    mutating func step() async throws -> String {
        switch Int.random(in: 0..<12, using: &random) {
        case 0..<5: return try await job()
        case 5..<9: return try await withdraw()
        case 9: return try await compareBatch()
        case 10: return try await close()
        default: return try await collect()
        }
    }

    private mutating func job() async throws -> String {
        var events: [(number: Int, event: HelperReportEvent)] = []
        var outcomes: [HelperOutcome] = []
        for number in Set((0..<5).map { _ in number() }).sorted() {
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                events.append((number, .failed(.invalidMessage)))
                outcomes.append(reports.rejected(number, .invalidMessage))
            case 1:
                events.append((number, .failed(.reportTooEarly)))
                outcomes.append(reports.rejected(number, .reportTooEarly))
            default:
                events.append((number, .verified(in: bucket(Self.time(number)))))
                outcomes.append(try reports.verified(number, time: Self.time(number)))
            }
        }
        let answers = try await reports.job(outcomes, in: store)
        for ((number, event), answer) in zip(events, answers) {
            let step = HelperReportLife.after(stage(number), event)
            switch step {
            case .accept:
                #expect(answer == nil, "report \(number), \(stage(number))")
                stages[number] = .accepted(.open)
                accepted.insert(number)
            case .withdraw:
                #expect(answer == .reportDropped, "report \(number), \(stage(number))")
                stages[number] = .withdrawn
            case .reject(let error, let isWord):
                #expect(answer == error, "report \(number), \(stage(number))")
                if isWord { stages[number] = .rejected(error) }
            case .keepWithdrawal, .leaveOut, .nothing, .refuse: Issue.record("\(event) leads to \(step)")
            }
            // What others have withdrawn under its id waits no more.
            if step == .accept || step.isLastWord { strangers.remove(number) }
        }
        return "job"
    }

    private mutating func withdraw() async throws -> String {
        for _ in 0..<3 {
            let (number, isOwner) = (number(), !chance(4))
            let room = EarlyPlace.allCases.randomElement(using: &random) ?? .free
            let limit: Int? =
                switch room {
                case .notPromised: nil
                case .free: 1_000
                case .full: 0
                }
            let outcome = try await reports.withdraw(number, claim: isOwner ? 0 : 1, earlyLimit: limit, in: store)
            // Before a report comes anybody may withdraw under a key of their own, which concerns a report of theirs alone; and
            // whose report it was that never was accepted, nobody knows.
            let isEarly = [.absent, .keptOut].contains(stage(number))
            var seen = stage(number)
            if isEarly, !isOwner { seen = strangers.contains(number) ? .keptOut : .absent }
            let step = HelperReportLife.after(
                seen, .withdraw(hasKey: isOwner || !accepted.contains(number), room: room))
            let expected: WithdrawalOutcome = seen == .keptOut && step == .nothing ? .pending : WithdrawalOutcome(step)
            #expect(outcome == expected, "report \(number), \(seen), \(room)")
            switch step {
            case .withdraw: stages[number] = .withdrawn
            case .keepWithdrawal:
                if isOwner { stages[number] = .keptOut } else { strangers.insert(number) }
            default: break
            }
        }
        return "withdraw"
    }

    private func held(_ time: UInt64) -> [Int] {
        stages.keys.filter { stage($0) == .accepted(.open) && Self.time($0) == time }.sorted()
    }

    /// The leader names some of a bucket's reports.
    private mutating func compareBatch() async throws -> String {
        let time = Self.time(number())
        let held = held(time)
        let named = held.filter { _ in !chance(6) }
        let difference = try await store.reconcile(
            Make.task, Self.scope(time), leaders: named.map(Make.reportID), vdaf: reports.vdaf)
        guard bucket(time) == .open else {
            #expect(difference == nil)
            return "compare a shut bucket"
        }
        let others = Set(held).subtracting(named)
        #expect(difference?.dropped == UInt64(others.count))
        leaveOut(others)
        return "compare"
    }

    private mutating func leaveOut(_ numbers: some Sequence<Int>) {
        for number in numbers {
            #expect(HelperReportLife.after(stage(number), .leaveOut) == .leaveOut)
            stages[number] = .leftOut
        }
    }

    private mutating func close() async throws -> String {
        let time = Self.time(number())
        let held = held(time)
        let named = held.filter { _ in !chance(6) }.filter { !logged.contains($0) }
        guard bucket(time) == .open, !named.isEmpty else { return "nothing" }
        try await reports.log(named, time: time, in: store)
        logged.formUnion(named)
        #expect(try await reports.close(named, Self.scope(time).selector, in: store))
        leaveOut(Set(held).subtracting(named))
        shut(time, .closed)
        return "close"
    }

    private mutating func collect() async throws -> String {
        let time = Self.time(number())
        let result = try await reports.collect(Self.scope(time), in: store)
        guard bucket(time) != .collected else {
            #expect(result == .overlap)
            return "collect again"
        }
        #expect(result == .stored)
        shut(time, .collected)
        newest += 1
        return "collect"
    }

    private mutating func shut(_ time: UInt64, _ stage: HelperBucketStage) {
        for (number, before) in stages where Self.time(number) == time {
            if case .accepted = before { stages[number] = .accepted(stage) }
        }
        buckets[time] = stage
    }

    // MARK: Comparing

    /// Holds what the helper says of every report against the life.
    func compare(_ comment: Comment, at location: SourceLocation = #_sourceLocation) async throws {
        let numbers = stages.keys.sorted()
        let words = try await store.helperLastWords(Make.task, numbers.map(Make.reportID))
        for (number, word) in zip(numbers, words) {
            let expected: HelperLastWord? =
                switch stage(number) {
                case .absent, .keptOut, .accepted: nil
                case .leftOut: .rejected(.reportDropped)
                case .rejected(let error): .rejected(error)
                case .withdrawn: try reports.withdrawn(number)
                }
            #expect(word == expected, comment, sourceLocation: location)
        }
        let rows = try await store.engine.read { session in
            try session.integer("SELECT COUNT(*) FROM helper_reports")
        }
        #expect(rows == Int64(accepted.count), comment, sourceLocation: location)
    }
}
