// What becomes of a report after its upload. However it ends, by its job, by a rejection, by its contributor or because it is
// given up, the same few statements carry it out, for as many reports as there are: so rows, shares, sums, counters and log
// entries cannot come apart.

import DAP
import TaskTypes

/// A report as a transaction has read it.
struct ReportRow: Sendable {
    /// Its row.
    let number: Int64
    let id: ReportID
    let time: Int64
    let place: ReportPlace
    /// Of its promise, in POSIX seconds.
    let deadline: Int64?

    /// The columns that ``init(_:)`` reads.
    static let columns = "report, report_id, time, state, batch, error, deadline"

    init(_ row: SQLRow) throws {
        number = try row.integer("report")
        id = try row.id("report_id", as: ReportID.self)
        time = try row.integer("time")
        let state = try row.code("state", as: ReportState.self)
        place = ReportPlace(
            state: state, batch: try row.optionalInteger("batch"),
            error: state == .rejected ? try row.code("error", as: ReportError.self) : nil)
        deadline = try row.optionalInteger("deadline")
    }

    /// Where its output share is added up.
    var bucket: Bucket { place.batch.map(Bucket.batch) ?? .time(time) }
}

/// A report, where it goes, and what the log is to say of that.
struct ReportChange: Sendable {
    let report: ReportRow
    let move: ReportMove
    /// Of one that is accepted.
    let outputShare: [UInt8]
    /// Of one that waits again: when it may be in a job, in POSIX seconds.
    let notBefore: Int64
    /// In their order.
    let entries: [QueuedEntry]

    /// - Parameters:
    ///   - entry: that which came with the event; nil in tasks that log no reports.
    ///   - kept: the withdrawal that has waited for the report's job.
    ///   - end: of the window in which the log has to wait; nil where it does not.
    ///   - former: until when the leaf waits of one that was accepted.
    init(
        _ report: ReportRow, _ move: ReportMove, entry: [UInt8]? = nil, kept: [UInt8]? = nil,
        outputShare: [UInt8] = [], notBefore: Int64 = 0, loggedAfter end: UInt64? = nil, behind former: Int64? = nil
    ) {
        self.report = report
        self.move = move
        self.outputShare = outputShare
        self.notBefore = notBefore
        // A report that is in no batch is waited for by none; in time-interval mode its unit of time is part of one.
        func queued(_ word: QueuedWord, _ wait: QueueWait, _ bytes: [UInt8]) -> QueuedEntry {
            QueuedEntry(word: word, subject: report.number, bucket: report.bucket, wait: wait, bytes: bytes)
        }
        let wait = QueueWait(until: end, deadline: report.deadline, behind: former)
        let own: [QueuedEntry] = (move.logs.contains(.own) ? entry : nil).map { [queued(move.ownWord, wait, $0)] } ?? []
        let second = own.isEmpty ? wait : QueueWait(until: end, deadline: report.deadline, behind: wait.notBefore)
        entries = own + ((move.logs.contains(.kept) ? kept : nil).map { [queued(.withdrawal, second, $0)] } ?? [])
    }

    /// Where the report is afterwards. What waits is in no batch.
    var end: ReportPlace {
        ReportPlace(
            state: move.state, batch: move.state == .received ? nil : report.place.batch, error: move.error)
    }

    var effects: ReportEffects { ReportEffects(from: report.place.state, to: move.state) }
}

extension Session {
    /// Carries out changes of a task's reports, in the order in which the log is to have their entries.
    ///
    /// - Parameters:
    ///   - counters: what else the transaction counts; written here.
    ///   - vdaf: the task's; needed where a report is accepted, or was.
    /// - Throws: `.stale` where a report is not in the state any more in which it was read.
    func carryOut(
        _ changes: [ReportChange], of task: TaskKey, counters: LeaderCounters = LeaderCounters(),
        vdaf: (any TaskVDAF)? = nil
    ) throws {
        var counters = counters
        for change in changes { counters.move(time: change.report.time, from: change.report.place, to: change.end) }
        try keepShares(of: changes, task, vdaf)
        try forgetPayloads(of: changes)
        // First, for a sum from which reports go asks which of them are left.
        try recordMoves(of: changes, task)
        try changeSums(changes, task, vdaf)
        try write(counters, of: task)
        // Contributors are told, and may do what they do once a report is lost.
        if changes.contains(where: { $0.effects.isToldOnce }) { try countGeneration() }
    }

    // MARK: Shares

    /// Keeps, of each accepted report, what takes it out of its sum again.
    private func keepShares(of changes: [ReportChange], _ task: TaskKey, _ vdaf: (any TaskVDAF)?) throws {
        let accepted = changes.filter { $0.effects.joinsSum }
        guard !accepted.isEmpty else { return }
        let vdaf = try present(vdaf)
        let inputs =
            vdaf.sizes.isInputShareSmaller(of: .leader)
            ? try payloads(of: accepted.map { ($0.report.number, $0.report.id) }) : [:]
        let buckets = Dictionary(grouping: accepted, by: \.report.bucket)
        for (bucket, changes) in buckets.sorted(by: { Bucket.inOrder($0.key, $1.key) }) {
            let shares = changes.map { change in
                KeptShare(
                    report: change.report.number, id: change.report.id, outputShare: change.outputShare,
                    inputShare: inputs[change.report.number]?.inputShare ?? [])
            }
            try keep(.leader, shares, key: try shareKey(task, bucket), vdaf)
        }
    }

    /// Deletes what only jobs need of a report, where it will be in no other; with a withdrawal that waited for its end.
    private func forgetPayloads(of changes: [ReportChange]) throws {
        let ended = changes.filter(\.effects.endsJobs)
        try execute([], matching: ended.map { .integer($0.report.number) }) {
            "DELETE FROM leader_payloads WHERE report IN (\($0))"
        }
        let aggregated = ended.filter(\.effects.endsKeptWithdrawal)
        try execute([], matching: aggregated.map { .integer($0.report.number) }) {
            "DELETE FROM leader_withdrawals WHERE report IN (\($0))"
        }
    }

    private func changeSums(_ changes: [ReportChange], _ task: TaskKey, _ vdaf: (any TaskVDAF)?) throws {
        let leaving = Dictionary(grouping: changes.filter(\.effects.leavesSum), by: \.report.bucket)
        for (bucket, changes) in leaving.sorted(by: { Bucket.inOrder($0.key, $1.key) }) {
            try takeOut(.leader, task, bucket, changes.map(\.report.number), try present(vdaf))
        }
        var added: [Bucket: BucketChange] = [:]
        for change in changes where change.effects.joinsSum {
            added[change.report.bucket, default: BucketChange()].added.append(
                SummedReport(id: change.report.id, time: change.report.time, outputShare: change.outputShare))
        }
        if !added.isEmpty { try changeSums(.leader, task, added, try present(vdaf)) }
    }

    private func present(_ vdaf: (any TaskVDAF)?) throws -> any TaskVDAF {
        guard let vdaf else { throw DatastoreError.conflict("a sum cannot be changed without the task's type") }
        return vdaf
    }

    // MARK: Rows

    /// Queues the entries and writes the rows of the reports.
    private func recordMoves(of changes: [ReportChange], _ task: TaskKey) throws {
        try queueLogEntries(changes.flatMap(\.entries), of: task)
        var writes: [MoveStatement: [SQLArguments]] = [:]
        for change in changes {
            let statement = MoveStatement(effects: change.effects, isSuspect: change.move.isSuspect)
            writes[statement, default: []].append(statement.arguments(change))
        }
        for (statement, rows) in writes.sorted(by: { $0.key.text < $1.key.text }) {
            guard try executeMany(statement.text, rows).allSatisfy({ $0 == 1 }) else { throw DatastoreError.stale }
        }
    }
}

extension ReportMove {
    /// What the entry is that comes with the event.
    fileprivate var ownWord: QueuedWord {
        // A leaf goes before the withdrawal that has waited for it.
        if logs.contains(.kept) { return .leaf }
        return switch state {
        case .rejected: .rejected
        case .withdrawn: .withdrawal
        case .accepted, .received, .aggregating: .leaf
        }
    }
}

/// The statement that writes a move of reports that were all in one state. Whoever is not in it any more is not changed.
private struct MoveStatement: Hashable {
    let effects: ReportEffects
    let isSuspect: Bool

    var text: String {
        "UPDATE leader_reports SET \(assignments) WHERE report = $1 AND state = \(effects.from.sql)"
    }

    private var assignments: String {
        let state = "state = \(effects.to.sql)"
        return switch effects.to {
        case .rejected: "\(state), error = $2"
        case .received where isSuspect: "\(state), \(Self.waiting), \(Self.suspect)"
        case .received: "\(state), \(Self.waiting)"
        case .accepted, .withdrawn, .aggregating: state
        }
    }

    func arguments(_ change: ReportChange) -> SQLArguments {
        let number = change.report.number
        return switch effects.to {
        case .rejected: [number, change.move.error.map { Int($0.rawValue) }]
        case .received: [number, change.notBefore]
        case .accepted, .withdrawn, .aggregating: [number]
        }
    }

    /// One that has a turn stays among those that have (and whose time has come: second 1 is long over).
    private static let waiting = """
        job = NULL, position = NULL, batch = NULL, not_before = CASE WHEN turn > 0 AND CAST($2 AS BIGINT) = 0 THEN 1 \
        ELSE CAST($2 AS BIGINT) END
        """
    /// When it has come back so for the first time, in answered jobs of the task.
    private static let suspect = """
        attempts = attempts + 1, refused_after = COALESCE(refused_after,
        (SELECT jobs FROM leader_answered AS a WHERE a.task = leader_reports.task), 0)
        """
}
