import Datastore

/// Gives one aggregation job up that the helper never answers. The node may be running: whatever it is doing about the job
/// comes too late.
package struct JobAbandonment: Sendable {
    private let store: NodeDatabase
    package let task: StoredTask
    package let job: PendingJobOverview

    package init(store: NodeDatabase, task: StoredTask, job: PendingJobOverview) {
        self.store = store
        self.task = task
        self.job = job
    }

    /// Whether a process was working on it. Whatever that stores from now on fails.
    package var isInterrupted: Bool { job.wait == .worker }

    /// The rule, without the database.
    ///
    /// - Throws: `.committed`, `.hasNotFailed`.
    package static func check(isCommitted: Bool, _ job: PendingJobOverview) throws(JobAbandonmentError) {
        guard !isCommitted else { throw .committed }
        guard let progress = job.progress, progress.answer != .none else { throw .hasNotFailed(job: job.key) }
    }

    /// Ends the job's reports as `report_dropped`.
    ///
    /// - Returns: how many.
    /// - Throws: ``JobAbandonmentError``; `DatastoreError`.
    package func run() async throws -> Int {
        // A stored task that this version cannot read may be in a log.
        let readable = try? NodeTask(task)
        try Self.check(isCommitted: readable?.isCommitted ?? true, job)
        guard let readable else { throw JobAbandonmentError.committed }
        let reports = try await store.reportIDs(ofJob: job.key)
        do {
            guard let lease = try await store.seizeJob(job.key, for: .seconds(30)) else {
                throw DatastoreError.leaseLost
            }
            try await store.finishJob(
                lease, outcomes: reports.map { ($0, .rejected(.reportDropped, logEntry: nil)) }, vdaf: readable.vdaf)
        } catch DatastoreError.leaseLost {
            throw JobAbandonmentError.hasEnded(job: job.key)
        }
        return reports.count
    }
}

/// Why an operator cannot give an aggregation job up.
package enum JobAbandonmentError: Error, Sendable, Equatable {
    /// The task is committed: every report has its end in the log.
    case committed
    /// The job was formed a moment ago.
    case hasNotFailed(job: Int64)
    /// It ended by itself meanwhile.
    case hasEnded(job: Int64)
}

extension JobAbandonmentError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .committed:
            "jobs are given up in uncommitted tasks only: every report of a committed task has its end in the log. The "
                + "leader gives the reports up by itself an hour before its promise ends."
        case .hasNotFailed(let job):
            "job \(job) was formed a moment ago and has not failed. Wait until `cairn node jobs show` says how often it was "
                + "tried."
        case .hasEnded(let job): "job \(job) has ended by itself meanwhile; nothing was dropped"
        }
    }
}
