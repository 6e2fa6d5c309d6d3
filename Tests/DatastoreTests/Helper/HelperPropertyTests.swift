import DAP
import Datastore
import Ledger
import TaskTypes
import TestSupport
import Testing

/// Whatever is done with reports, in whatever order, the helper's counters and sums say what the rows say, and no report is
/// released twice.
@Suite struct HelperPropertyTests {
    @Test(arguments: HelperReports.types, [true, false])
    func countersAndSumsAgreeWithTheRows(type: VDAFConfiguration, isSelected: Bool) async throws {
        let temporary = try TemporaryStore()
        var life = RandomHelperLife(
            store: temporary.store, reports: try HelperReports(type), isSelected: isSelected,
            random: SeededGenerator())
        for step in 0..<120 {
            let deed = try await life.step()
            guard step % 10 == 9 else { continue }
            try await HelperAudit(store: temporary.store, reports: life.reports)
                .check("after step \(step), \(deed)", shares: life.shares)
        }
        #expect(life.released.count > 0 && !life.shares.isEmpty, "the run shows something")
    }
}

/// Does one thing after the other that happens to a helper's reports.
private struct RandomHelperLife {
    let store: NodeDatabase
    let reports: HelperReports
    let isSelected: Bool
    var random: SeededGenerator
    /// The output shares of reports that were accepted.
    private(set) var shares: [ReportID: [UInt8]] = [:]
    /// Reports whose sum was released.
    private(set) var released: Set<ReportID> = []
    private var next = 0
    private var batches: [BatchID] = []
    private var logged: Set<Int> = []

    init(store: NodeDatabase, reports: HelperReports, isSelected: Bool, random: SeededGenerator) {
        self.store = store
        self.reports = reports
        self.isSelected = isSelected
        self.random = random
    }

    /// - Returns: what was done.
    mutating func step() async throws -> String {
        switch Int.random(in: 0..<12, using: &random) {
        case 0..<5:
            try await job()
            return "job"
        case 5..<8:
            try await withdraw()
            return "withdraw"
        case 8:
            try await compare()
            return "compare"
        case 9, 10:
            try await close()
            return "close"
        default:
            try await collect()
            return "collect"
        }
    }

    private mutating func place() -> Int { Int.random(in: max(0, next / 30 - 2)...next / 30 + 1, using: &random) }

    private mutating func scope(_ place: Int) -> BatchScope {
        guard isSelected else { return .interval(Interval(start: UInt64(100 + place), duration: 1)) }
        while batches.count <= place { batches.append(.random()) }
        return .batch(batches[place])
    }

    private mutating func job() async throws {
        let (place, count) = (place(), Int.random(in: 1...12, using: &random))
        let scope = scope(place)
        let batch: BatchID? = if case .batch(let id) = scope { id } else { nil }
        var outcomes: [HelperOutcome] = []
        for _ in 0..<count {
            // Some come again, and perhaps elsewhere.
            let isNew = Int.random(in: 0..<5, using: &random) > 0
            if isNew { next += 1 }
            let number = isNew ? next : Int.random(in: 0...next, using: &random)
            guard !outcomes.contains(where: { $0.reportID == Make.reportID(number) }) else { continue }
            outcomes.append(
                Int.random(in: 0..<8, using: &random) == 0
                    ? reports.rejected(number, .invalidMessage)
                    : try reports.verified(number, time: UInt64(100 + place), batch: batch))
        }
        let answers = try await reports.job(outcomes, in: store)
        for (outcome, answer) in zip(outcomes, answers) where answer == nil {
            guard case .verified(let report) = outcome.finding else { continue }
            #expect(shares[outcome.reportID] == nil, "a report is accepted once")
            shares[outcome.reportID] = report.outputShare
        }
    }

    private mutating func withdraw() async throws {
        for _ in 0..<3 {
            // Some have not come yet.
            let number = Int.random(in: 0...next + 3, using: &random)
            let outcome = try await reports.withdraw(
                number, claim: Int.random(in: 0..<6, using: &random) / 5, earlyLimit: 4, in: store)
            if outcome == .withdrawn { #expect(!released.contains(Make.reportID(number))) }
        }
    }

    private mutating func compare() async throws {
        let scope = scope(place())
        let leaders = (0...next).filter { _ in Int.random(in: 0..<8, using: &random) > 0 }.map(Make.reportID)
        _ = try await store.reconcile(Make.task, scope, leaders: leaders, vdaf: reports.vdaf)
    }

    /// Closes a batch over most of its reports; most of the others are not in the log.
    private mutating func close() async throws {
        let place = place()
        let scope = scope(place)
        let batch: BatchID? = if case .batch(let id) = scope { id } else { nil }
        let held = try await accepted(scope).map { Int($0.bytes[6]) << 8 | Int($0.bytes[7]) }
        var numbers: [Int] = []
        for number in held where Int.random(in: 0..<6, using: &random) > 0 && logged.insert(number).inserted {
            numbers.append(number)
        }
        guard !numbers.isEmpty else { return }
        try await reports.log(numbers, time: UInt64(100 + place), batch: batch, in: store)
        let examination = try await reports.examine(numbers, scope.selector, in: store)
        #expect(examination.leftOut.isEmpty)
        // Leaves of a proposal that came to nothing are in the log, too.
        do { _ = try await reports.sign(examination, scope.selector, in: store) } catch DatastoreError.stale {}
    }

    private mutating func collect() async throws {
        let place = place()
        let scope = scope(place)
        let ids = try await accepted(scope)
        let isCollected = try await store.isHelperCollected(Make.task, scope)
        var queried = scope
        var isClosedOtherwise = false
        if !isSelected {
            let interval = Interval(start: UInt64(100 + place), duration: UInt64.random(in: 1...2, using: &random))
            queried = .interval(interval)
            isClosedOtherwise = try await store.engine.read { session in
                try session.exists(
                    "SELECT 1 FROM helper_closes WHERE start_time > $1 AND start_time < $2",
                    [Int64(interval.start), Int64(interval.start + interval.duration)])
            }
        }
        let result = try await reports.collect(scope, queried: queried, in: store)
        #expect(result == (isCollected || isClosedOtherwise ? .overlap : .stored))
        guard result == .stored else { return }
        #expect(released.isDisjoint(with: ids), "a report is released once")
        released.formUnion(ids)
    }

    private func accepted(_ scope: BatchScope) async throws -> [ReportID] {
        try await store.engine.read { session in
            let (condition, argument): (String, SQLArguments) =
                switch scope {
                case .batch(let id): ("b.batch_id = $1", [id.bytes])
                case .interval(let interval): ("r.batch IS NULL AND r.time = $1", [Int64(interval.start)])
                }
            return try session.rows(
                """
                SELECT r.report_id FROM helper_reports AS r LEFT JOIN helper_batches AS b ON b.batch = r.batch
                WHERE r.state = 0 AND \(condition)
                """, argument
            ).map { try $0.id("report_id", as: ReportID.self) }
        }
    }
}
