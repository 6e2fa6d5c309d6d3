// What becomes of a report after its upload. However it ends, by its job, by a refusal, by its contributor or because it is
// given up, the same few statements carry it out, for as many reports as there are: so rows, shares, sums, counters and log
// entries cannot come apart.

import DAP

/// A report as a transaction has read it.
struct ReportRow: Sendable {
    /// Its row.
    let number: Int64
    let id: ReportID
    let time: Int64
    let place: ReportPlace

    /// The columns that ``init(_:)`` reads.
    static let columns = "report, report_id, time, state, batch, error"

    init(_ row: SQLRow) throws {
        number = try row.integer("report")
        id = try row.id("report_id", as: ReportID.self)
        time = try row.integer("time")
        let state = try row.code("state", as: ReportState.self)
        place = ReportPlace(
            state: state, batch: try row.optionalInteger("batch"),
            error: state == .rejected ? try row.code("error", as: ReportError.self) : nil)
    }

    /// Where its output share is added up.
    var bucket: Bucket { place.batch.map(Bucket.batch) ?? .time(time) }
}

/// Where a report goes.
enum ReportFate: Sendable {
    case accepted(outputShare: [UInt8])
    case rejected(ReportError)
    case withdrawn
    /// Out of its job, to wait for another.
    case returned(notBefore: Int64, refused: Bool)
}

/// A report, where it goes, and what the log is to say of that.
struct ReportChange: Sendable {
    let report: ReportRow
    let fate: ReportFate
    /// In their order. The row names the first.
    var entries: [[UInt8]] = []

    /// Where the report is afterwards.
    var end: ReportPlace {
        switch fate {
        case .accepted: ReportPlace(state: .accepted, batch: report.place.batch)
        case .rejected(let error): ReportPlace(state: .rejected, batch: report.place.batch, error: error)
        case .withdrawn: ReportPlace(state: .withdrawn, batch: report.place.batch)
        case .returned: ReportPlace(state: .received)
        }
    }
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
        let isLogged = changes.contains { !$0.entries.isEmpty }
        // A sum from which reports go asks which of them are left. Else what everybody waits for, the log's head, comes last.
        let isLeaving = changes.contains { $0.report.place.state == .accepted }
        if isLeaving || !isLogged { try recordFates(of: changes) }
        try changeSums(changes, task, vdaf)
        try write(counters, of: task)
        if isLogged, !isLeaving { try recordFates(of: changes) }
        // Contributors are told, and may do what they do once a report is lost.
        if changes.contains(where: { $0.end.state == .rejected }) { try countGeneration() }
    }

    // MARK: Shares

    /// Keeps, of each accepted report, what takes it out of its sum again.
    private func keepShares(of changes: [ReportChange], _ task: TaskKey, _ vdaf: (any TaskVDAF)?) throws {
        let accepted = changes.filter { $0.end.state == .accepted }
        guard !accepted.isEmpty else { return }
        let vdaf = try present(vdaf)
        let inputs =
            vdaf.sizes.isInputShareSmaller(of: .leader)
            ? try payloads(of: accepted.map { ($0.report.number, $0.report.id) }) : [:]
        let buckets = Dictionary(grouping: accepted, by: \.report.bucket)
        for (bucket, changes) in buckets.sorted(by: { Bucket.inOrder($0.key, $1.key) }) {
            let shares = changes.compactMap { change -> KeptShare? in
                guard case .accepted(let outputShare) = change.fate else { return nil }
                return KeptShare(
                    report: change.report.number, id: change.report.id, outputShare: outputShare,
                    inputShare: inputs[change.report.number]?.inputShare ?? [])
            }
            try keep(.leader, shares, key: try shareKey(task, bucket), vdaf)
        }
    }

    /// Deletes what only jobs need of a report, where it will be in no other; with a withdrawal that waited for its end.
    private func forgetPayloads(of changes: [ReportChange]) throws {
        let ended = changes.filter { $0.end.state != .received && $0.report.place.state != .accepted }
        try execute([], matching: ended.map { .integer($0.report.number) }) {
            "DELETE FROM leader_payloads WHERE report IN (\($0))"
        }
        let aggregated = ended.filter { $0.report.place.state == .aggregating && $0.end.state != .accepted }
        try execute([], matching: aggregated.map { .integer($0.report.number) }) {
            "DELETE FROM leader_withdrawals WHERE report IN (\($0))"
        }
    }

    private func changeSums(_ changes: [ReportChange], _ task: TaskKey, _ vdaf: (any TaskVDAF)?) throws {
        let leaving = Dictionary(grouping: changes.filter { $0.report.place.state == .accepted }, by: \.report.bucket)
        for (bucket, changes) in leaving.sorted(by: { Bucket.inOrder($0.key, $1.key) }) {
            try takeOut(.leader, task, bucket, changes.map(\.report.number), try present(vdaf))
        }
        var added: [Bucket: BucketChange] = [:]
        for change in changes {
            guard case .accepted(let outputShare) = change.fate else { continue }
            added[change.report.bucket, default: BucketChange()].added.append(
                SummedReport(id: change.report.id, time: change.report.time, outputShare: outputShare))
        }
        if !added.isEmpty { try changeSums(.leader, task, added, try present(vdaf)) }
    }

    private func present(_ vdaf: (any TaskVDAF)?) throws -> any TaskVDAF {
        guard let vdaf else { throw DatastoreError.conflict("a sum cannot be changed without the task's type") }
        return vdaf
    }

    // MARK: Rows

    /// Appends the entries and writes the rows of the reports.
    private func recordFates(of changes: [ReportChange]) throws {
        var indices = [Int64?](repeating: nil, count: changes.count)
        let entries = changes.flatMap(\.entries)
        if !entries.isEmpty {
            var next = try appendLogEntries(entries)
            for (position, change) in changes.enumerated() where !change.entries.isEmpty {
                indices[position] = next
                next += Int64(change.entries.count)
            }
        }
        var writes: [FateStatement: [SQLArguments]] = [:]
        for (change, index) in zip(changes, indices) {
            let number = change.report.number
            let (kind, arguments): (FateStatement.Kind, SQLArguments) =
                switch change.fate {
                case .accepted: (.accepted, [number, index])
                case .rejected(let error): (.rejected, [number, index, Int(error.rawValue)])
                case .withdrawn: (.withdrawn, [number, index])
                case .returned(let notBefore, refused: false): (.returned, [number, notBefore])
                case .returned(let notBefore, refused: true): (.refused, [number, notBefore])
                }
            writes[FateStatement(kind: kind, from: change.report.place.state), default: []].append(arguments)
        }
        for (statement, rows) in writes.sorted(by: { $0.key.text < $1.key.text }) {
            guard try executeMany(statement.text, rows).allSatisfy({ $0 == 1 }) else { throw DatastoreError.stale }
        }
    }
}

/// The statement that writes the fate of reports that were all in one state.
private struct FateStatement: Hashable {
    enum Kind {
        case accepted
        case rejected
        case withdrawn
        case returned
        /// Returned, because the helper refused the whole job.
        case refused
    }

    let kind: Kind
    let from: ReportState

    var text: String {
        let change =
            switch kind {
            case .accepted: "state = 2, log_index = $2"
            case .rejected: "state = 3, log_index = $2, error = $3"
            case .withdrawn: "state = 4, log_index = COALESCE(log_index, $2)"
            case .returned: Self.waiting
            case .refused:
                """
                \(Self.waiting), attempts = attempts + 1, refused_after = COALESCE(refused_after,
                (SELECT jobs FROM leader_answered AS a WHERE a.task = leader_reports.task), 0)
                """
            }
        return "UPDATE leader_reports SET \(change) WHERE report = $1 AND state = \(from.rawValue)"
    }

    private static let waiting = "state = 0, job = NULL, position = NULL, batch = NULL, not_before = $2"
}
