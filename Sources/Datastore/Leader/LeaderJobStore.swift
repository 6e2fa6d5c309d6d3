import DAP

/// An aggregation job that the leader is about to send.
package struct NewJob: Sendable {
    /// The batch of the job's reports (leader-selected mode).
    package var batchID: BatchID?
    /// The encoded `AggregationJobInitReq`. A retry must repeat these bytes.
    package var request: [UInt8]
    /// The job's reports by their sequence numbers (``WaitingReport/sequence``), in the order of the request.
    ///
    /// Not by their ids: those lie anywhere in an index that does not fit into memory, while reports of one job came one
    /// after the other.
    package var reports: [Int64]
    /// The verification key that the request was made with. If the task has another by now, the helper would refuse every
    /// report, so the job is not stored. Nil where that does not matter.
    package var verifyKey: [UInt8]?

    package init(batchID: BatchID?, request: [UInt8], reports: [Int64], verifyKey: [UInt8]? = nil) {
        self.batchID = batchID
        self.request = request
        self.reports = reports
        self.verifyKey = verifyKey
    }
}

/// An aggregation job that was formed and has no result yet.
package struct PendingJob: Sendable, Equatable {
    package var key: Int64
    package var task: TaskID
    package var batchID: BatchID?
    package var request: [UInt8]
    /// The helper's name for the job, once the helper has told it.
    package var helperID: String?
    /// How many reports the request asks about.
    package var reportCount: Int
    package var progress: JobProgress

    package init(
        key: Int64, task: TaskID, batchID: BatchID?, request: [UInt8], helperID: String?, reportCount: Int,
        progress: JobProgress = JobProgress()
    ) {
        self.key = key
        self.task = task
        self.batchID = batchID
        self.request = request
        self.helperID = helperID
        self.reportCount = reportCount
        self.progress = progress
    }
}

/// A pending job as the one who decides what to send next sees it.
package struct WaitingJob: Sendable, Equatable {
    package var key: Int64
    package var task: TaskID
    package var progress: JobProgress

    package init(key: Int64, task: TaskID, progress: JobProgress) {
        self.key = key
        self.task = task
        self.progress = progress
    }
}

/// How a job ends for one of its reports.
package enum ReportOutcome: Sendable, Equatable {
    /// Verified: the output share is committed to its batch. In tasks that log reports, with the `report` entry.
    case accepted(outputShare: [UInt8], logEntry: [UInt8]?)
    /// Refused by one of the aggregators. Where it was the leader, with the `rejected` entry.
    case rejected(ReportError, logEntry: [UInt8]?)
    /// May be in another job from `notBefore` (POSIX seconds) on.
    ///
    /// - Parameter refused: the helper refused the whole job, so perhaps because of this report.
    case returned(notBefore: UInt64, refused: Bool = false)
}

/// Aggregation jobs.
package protocol LeaderJobStore: Sendable {
    /// The batch that the next job's reports go into (leader-selected mode): the oldest open one with room, else a
    /// new one.
    ///
    /// - Returns: the batch and for how many more reports it has room.
    func batchForNextJob(task: TaskID, maxBatchSize: UInt64) async throws(DatastoreError) -> (id: BatchID, room: UInt64)

    /// Persists a job before it is sent and refuses the reports that failed the leader's own checks, in one
    /// transaction.
    ///
    /// - Parameters:
    ///   - job: nil where no report is left.
    ///   - maxBatchSize: how many reports the job's batch may hold with it (leader-selected mode).
    func createJob(
        _ job: NewJob?, refused: [EndedReport], task: TaskID, maxBatchSize: UInt64
    ) async throws(DatastoreError) -> JobCreation

    /// The jobs without a result, oldest first.
    func pendingJobs() async throws(DatastoreError) -> [WaitingJob]

    /// A job, if it is still pending.
    func pendingJob(_ key: Int64) async throws(DatastoreError) -> PendingJob?

    /// The reports of a pending job, in the order of its request.
    func reports(ofJob key: Int64) async throws(DatastoreError) -> [WaitingReport]

    /// By when the log must say what became of the first of a pending job's reports, in POSIX seconds; nil in tasks that log
    /// no reports.
    func earliestDeadline(ofJob key: Int64) async throws(DatastoreError) -> UInt64?

    func recordHelperID(_ helperID: String?, ofJob key: Int64) async throws(DatastoreError)

    /// Keeps how the exchange about a job has gone, if it is still pending.
    func recordProgress(_ progress: JobProgress, ofJob key: Int64) async throws(DatastoreError)

    /// How many jobs of the task ended with accepted reports, ever. What grows shows that the way to the helper works.
    func answeredJobs(task: TaskID) async throws(DatastoreError) -> UInt64

    /// Ends a job: states of its reports, output shares and log entries, in one transaction. Log entries get their
    /// places in the order of `outcomes`.
    ///
    /// - Parameter vdaf: the task's, by which output shares are added up.
    /// - Returns: false, and nothing is changed, if the job has ended before.
    @discardableResult
    func finishJob(
        _ key: Int64, outcomes: [(report: ReportID, outcome: ReportOutcome)], vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> Bool
}

package enum JobCreation: Sendable, Equatable {
    case created(key: Int64)
    /// All candidates were refused: there is nothing to send.
    case nothingToSend
    /// The batch was closed or filled, or a report was taken meanwhile; nothing was changed.
    case stale
}
