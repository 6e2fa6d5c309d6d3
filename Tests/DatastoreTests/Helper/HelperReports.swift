import Crypto
import DAP
import Datastore
import Ledger
import TaskTypes
import Tasks
import Testing

/// Reports as a helper has verified them, and what is done with them.
struct HelperReports: Sendable {
    let vdaf: any TaskVDAF
    var task = Make.task

    /// Of a type whose input shares are smaller than its output shares, and of one where it is the other way round.
    static let types: [VDAFConfiguration] = [
        .histogram(length: 20, chunkLength: 5), .sum(maxMeasurement: 255),
        .committed(.histogram(length: 6, chunkLength: 3)),
    ]

    init(_ configuration: VDAFConfiguration = types[0]) throws {
        vdaf = try makeTaskVDAF(configuration)
    }

    private func measurement(_ number: Int) -> MeasurementValue {
        switch vdaf.configuration.taskType {
        case is SumType: .integer(UInt64(number % 256))
        case let type as SumVecType: .vector((0..<Int(type.length)).map { UInt64(($0 + number) % 2) })
        default: .bucket(number % 6)
        }
    }

    /// A report of that number, with shares of its own.
    func verified(
        _ number: Int, time: UInt64 = 100, batch: BatchID? = nil, claim: Int = 0, outbound: [UInt8] = [4]
    ) throws -> HelperOutcome {
        let id = Make.reportID(number)
        let shares = try vdaf.shard(taskID: task, measurement: measurement(number), reportID: id)
        let inputShare = shares.inputShares[1]
        return HelperOutcome(
            reportID: id,
            finding: .verified(
                VerifiedReport(
                    time: time, batchID: batch, leafHash: Self.leafHash(number),
                    claimKey: try publicKey(number, claim),
                    outputShare: try vdaf.outputShare(of: .helper, inputShare: inputShare, taskID: task),
                    inputShare: inputShare, outbound: outbound)))
    }

    func rejected(_ number: Int, _ error: ReportError) -> HelperOutcome {
        HelperOutcome(reportID: Make.reportID(number), finding: .rejected(error))
    }

    static func leafHash(_ number: Int) -> [UInt8] { Array(SHA256.hash(data: Make.entry(number))) }

    // MARK: Withdrawals

    /// One of the keys that a report of that number may come with.
    private func key(_ number: Int, _ claim: Int) throws -> Curve25519.Signing.PrivateKey {
        try ClaimKey.derive(
            seed: [UInt8](repeating: UInt8(claim), count: 32), taskID: task, reportID: Make.reportID(number))
    }

    func publicKey(_ number: Int, _ claim: Int) throws -> [UInt8] {
        Array(try key(number, claim).publicKey.rawRepresentation)
    }

    func withdrawal(_ number: Int, claim: Int = 0) throws -> WithdrawalEntry {
        try WithdrawalEntry(taskID: task, reportID: Make.reportID(number), key: key(number, claim))
    }

    /// The helper's word on a report that its contributor took back.
    func withdrawn(_ number: Int, claim: Int = 0) throws -> HelperLastWord {
        .withdrawn(entry: LedgerEntry.withdrawal(try withdrawal(number, claim: claim)).encoded())
    }

    @discardableResult
    func withdraw(
        _ number: Int, claim: Int = 0, earlyLimit: Int? = nil, in store: NodeDatabase
    ) async throws -> WithdrawalOutcome {
        try await store.withdrawHelperReport(
            withdrawal(number, claim: claim), early: earlyLimit.map { EarlyRoom(limit: $0, origin: "log") }, vdaf: vdaf)
    }

    // MARK: Jobs

    /// Runs a job and returns what the leader is told about each report: nil where it goes on.
    @discardableResult
    func job(
        _ outcomes: [HelperOutcome], id: AggregationJobID = .random(), in store: NodeDatabase, recording: Bool = true,
        key: VerifyKey? = nil
    ) async throws -> [ReportError?] {
        let response = try await store.commitHelperJob(
            task, id, outcomes: outcomes, verifyKey: key, keepsLastWords: recording, vdaf: vdaf)
        return try AggregationJobResp(decoding: response).responses.map {
            if case .reject(let error) = $0.outcome { error } else { nil }
        }
    }

    /// Accepts reports in one job and gives their output shares.
    @discardableResult
    func accept(
        _ numbers: some Sequence<Int>, time: UInt64 = 100, batch: BatchID? = nil, in store: NodeDatabase
    ) async throws -> [Int: [UInt8]] {
        let outcomes = try numbers.map { ($0, try verified($0, time: time, batch: batch)) }
        let answers = try await job(outcomes.map(\.1), in: store)
        #expect(answers.allSatisfy { $0 == nil })
        var shares: [Int: [UInt8]] = [:]
        for case (let number, .verified(let report)) in outcomes.map({ ($0, $1.finding) }) {
            shares[number] = report.outputShare
        }
        return shares
    }

    // MARK: Sums

    /// The sum of output shares that somebody else has added up.
    func aggregate(_ shares: some Sequence<[UInt8]>) throws -> [UInt8] {
        var accumulator = vdaf.makeAccumulator()
        for share in shares { try accumulator.add(share) }
        return accumulator.aggregateShare()
    }

    /// Whether the store's sum of a batch is of exactly these reports.
    func expectSum(
        _ scope: BatchScope, of shares: [Int: [UInt8]], in store: NodeDatabase,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        let sum = try await store.sumHelperShares(task, scope, vdaf: vdaf)
        var checksum = Checksum()
        for number in shares.keys { checksum.toggle(Make.reportID(number)) }
        #expect(sum.count == UInt64(shares.count), sourceLocation: location)
        #expect(sum.checksum == checksum, sourceLocation: location)
        #expect(try sum.aggregateShare == aggregate(shares.values), sourceLocation: location)
    }

    /// Sums a batch and marks it collected.
    func collect(
        _ selected: BatchScope, queried: BatchScope? = nil, id: AggregateShareID = .random(), in store: NodeDatabase
    ) async throws -> HelperCollectionResult {
        let sum = try await store.sumHelperShares(task, selected, vdaf: vdaf)
        return try await store.commitHelperCollection(
            task,
            HelperCollectionCommit(
                share: id, selected: selected, queried: queried ?? selected, standing: sum.standing,
                answer: HelperCollection(response: [1, 2, 3], statement: [4])))
    }

    // MARK: The log

    /// Has the helper read leaves of reports in the leader's log, one behind the other.
    func log(_ numbers: some Collection<Int>, time: UInt64 = 100, batch: BatchID? = nil, in store: NodeDatabase)
        async throws
    {
        let start = try await store.helperLogPosition(origin: "log")?.size ?? 0
        let entries = zip(numbers, start...).map { number, index in
            FollowedEntry.report(
                task, Make.reportID(number), index: index, time: time, batchID: batch, leafHash: Self.leafHash(number),
                claimKey: try? publicKey(number, 0))
        }
        #expect(
            try await store.advanceHelperLog(
                origin: "log", previous: start, to: HelperLogPosition(size: start + UInt64(entries.count), range: [1]),
                entries: entries))
    }

    /// The first entries of the task's log.
    static func prefix(_ size: UInt64) -> LogPrefix { LogPrefix(origin: "log", size: size) }

    /// What the helper makes of a proposed close.
    struct Examination {
        /// Reports that it does not stand by.
        var leftOut: [Int] = []
        var tree = BatchRoot()
        let standing: HelperStanding
    }

    /// Examines proposed reports in the order of the log.
    func examine(
        _ numbers: some Collection<Int>, _ selector: BatchSelector, before size: UInt64 = 1_000_000,
        in store: NodeDatabase
    ) async throws -> Examination {
        let scope = try #require(BatchScope(selector))
        var examination = Examination(standing: try await store.helperStanding(task, scope))
        let leaves = try await store.examineLeaves(task, scope, numbers.map(Make.reportID), in: Self.prefix(size))
        var last: UInt64?
        for (number, leaf) in zip(numbers, leaves) {
            guard let leaf else {
                examination.leftOut.append(number)
                continue
            }
            #expect(leaf.hash == Self.leafHash(number) && leaf.index >= last.map { $0 + 1 } ?? 0)
            last = leaf.index
            examination.tree.append(leafHash: leaf.hash)
        }
        return examination
    }

    /// Signs the close over what was examined.
    func sign(
        _ examination: Examination, _ selector: BatchSelector, before size: UInt64 = 1_000_000, in store: NodeDatabase
    ) async throws -> Bool {
        let close = Self.close(selector, root: examination.tree.root, count: examination.tree.count)
        return try await store.commitHelperClose(
            task, close, in: Self.prefix(size), standing: examination.standing, vdaf: vdaf)
    }

    /// Examines a proposal and signs it, as the helper does.
    @discardableResult
    func close(
        _ numbers: some Collection<Int>, _ selector: BatchSelector, in store: NodeDatabase
    ) async throws -> Bool {
        let examination = try await examine(numbers, selector, in: store)
        guard examination.leftOut.isEmpty else {
            throw DatastoreError.conflict("the helper does not stand by \(examination.leftOut)")
        }
        return try await sign(examination, selector, in: store)
    }

    static func close(_ selector: BatchSelector, root: [UInt8], count: UInt64) -> HelperClose {
        HelperClose(selector: selector, leavesHash: root, root: root, count: count, signature: [9])
    }
}

extension HelperStore {
    /// The same for a log that counts for all tasks in it.
    func advanceHelperLog(
        origin: String, previous: UInt64, to position: HelperLogPosition, entries: [FollowedEntry]
    ) async throws(DatastoreError) -> Bool {
        try await advanceHelperLog(
            origin: origin, previous: previous, to: position, entries: entries, counting: Set(entries.map(\.task)))
    }
}
