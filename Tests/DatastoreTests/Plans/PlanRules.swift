// What a plan may not do. A table that grows with reports or with the log is asked for rows by what names few of them, or for
// a page in the order of an index. Everything else is a fault, or stands here with its reason.

/// One step of an engine's plan, as far as the rules are about it.
struct PlanStep: Sendable, Equatable {
    enum Access: Sendable, Equatable {
        /// All rows, or all of an index.
        case all
        /// Rows of an index. `equal`: the columns that they have one value of each of, or one between two ends.
        case index(equal: Set<String>)
        /// All of it is put in order before the first row comes.
        case sort
    }

    /// The table; of a sort, whatever it is over.
    var table: String
    var index: String?
    var access: Access
    /// Whether rows are taken from here until enough are found.
    var isPage: Bool
}

enum PlanRules {
    /// Tables that grow with reports or entries, and stay.
    static let growing: Set<String> = [
        "leader_reports", "leader_payloads", "leader_kept_shares", "leader_withdrawals", "leader_early_withdrawals",
        "leader_jobs", "leader_job_requests", "leader_turns", "helper_jobs", "helper_job_requests", "helper_reports",
        "helper_kept_shares",
        "helper_refusals", "helper_early_withdrawals", "helper_log_reports", "helper_log_endings", "log_entries",
        "log_submissions", "log_checkpoints", "log_queue", "blobs",
    ]

    /// Columns of which one value names a row, or what belongs to one report or job. Of any other (a log, a task, a state, a
    /// time, a batch) there are few, and each may have all the rows.
    private static let naming: Set<String> = [
        "rowid", "report", "report_id", "job", "job_id", "idx", "entry_hash", "size", "entry", "subject",
        "hash",
    ]

    /// Indexes that have only what is under way.
    private static let small: Set<String> = ["leader_jobs_open", "helper_jobs_waiting"]

    /// A statement that may do what others may not.
    struct Exception: Sendable {
        /// What is in its text, in one line.
        let words: String
        /// By which index alone; nil: however.
        let index: String?
        let reason: String
    }

    /// Whether a step finds few rows, whatever there are.
    static func isNarrow(_ access: PlanStep.Access) -> Bool {
        if case .index(let equal) = access { return !equal.isDisjoint(with: naming) }
        return false
    }

    /// What is wrong with a plan of a statement.
    static func faults(_ steps: [PlanStep], _ sql: String) -> [String] {
        let text = StoreSources.onOneLine(sql)
        return steps.compactMap { step in
            guard growing.contains(step.table), !small.contains(step.index ?? "") else { return nil }
            guard !step.isPage, !isNarrow(step.access) else { return nil }
            let isExcepted = exceptions.contains { exception in
                text.contains(exception.words) && (exception.index == nil || exception.index == step.index)
            }
            guard !isExcepted else { return nil }
            switch step.access {
            case .all: return "reads all of \(step.table)"
            case .sort: return "puts rows of \(step.table) in order"
            case .index(let equal):
                let columns = equal.sorted().joined(separator: ", ")
                return "reads all rows of \(step.table) of one \(columns) (\(step.index ?? ""))"
            }
        }
    }

    static let exceptions = [
        Exception(
            words: "SELECT COUNT(*) FROM helper_early_withdrawals WHERE task = $1", index: nil,
            reason: "withdrawals that wait are bounded, and counted once, when their task ends or is served again"),
        Exception(
            words: "DELETE FROM helper_early_withdrawals WHERE task = $1", index: nil,
            reason: "withdrawals that wait are bounded, and go once, when their task ends"),
        Exception(
            words: "COALESCE(MIN(r.log_index), 0) AS first", index: nil,
            reason: "the leaves of a batch are counted once for its close"),
        Exception(
            words: "SELECT MIN(idx) AS first, MAX(idx) AS last FROM helper_log_reports",
            index: "helper_log_reports_by_time",
            reason: "the leaves of a batch, once for its close, in the index alone"),
        Exception(
            words: "SELECT log.leaf_hash FROM helper_log_reports", index: "helper_log_reports_by_batch",
            reason: "the leaves of a batch, once for its close, in the order of the log"),
        Exception(
            words: "SELECT log.report_id, CASE WHEN EXISTS", index: "helper_log_reports_by_batch",
            reason: "the leaves of a batch, once for a close that reports have left, in the order of the log"),
        Exception(
            words: "SELECT MIN(time) AS first_time, MAX(time) AS last_time", index: nil,
            reason: "the last report of the first or last time of a leader-selected batch leaves it"),
        Exception(
            words: "deadline IS NOT NULL", index: "leader_reports_by_deadline",
            reason: "the index has only what was promised and has no end yet"),
        Exception(
            words: "FROM leader_early_withdrawals WHERE task = $1 LIMIT 1 OFFSET", index: nil,
            reason: "there are no more than a task may have"),
    ]
}
