import DAP
import TaskTypes

/// An aggregation job, as whoever holds it sees it.
package struct LeasedJob: Sendable, Equatable {
    package let key: Int64
    package let task: TaskID
    /// Whether its shares are still to be verified by the leader: nothing was ever sent, and there is no request yet.
    package var isForming: Bool
    /// How often it could not be formed.
    package var failures = 0
    /// In the database.
    let taskKey: TaskKey
}

package typealias JobLease = Lease<LeasedJob>

/// A report that may go into the next job, as the rule sees it that decides who goes together.
package struct JobCandidate: Sendable, Equatable {
    /// ``WaitingReport/sequence``.
    package let sequence: Int64
    /// How many jobs with it the helper refused as a whole.
    package let attempts: Int

    package init(sequence: Int64, attempts: Int) {
        self.sequence = sequence
        self.attempts = attempts
    }
}

/// What a job is formed of, and for whom.
package struct JobClaim: Sendable {
    package var task: TaskID
    /// How many reports a batch may hold (leader-selected mode); nil where batches are intervals.
    package var batchCapacity: UInt64?
    /// POSIX seconds: reports that were put off until later stay.
    package var now: UInt64
    /// For how many seconds new reports wait before they are in a job.
    package var window: UInt64
    package var jobSize: Int
    /// Stops after the report with which the shares reach this many bytes.
    package var jobBytes: Int
    /// Which of the oldest reports that wait go into the job, in its order.
    package var choose: @Sendable ([JobCandidate]) -> [JobCandidate]

    package init(
        task: TaskID, batchCapacity: UInt64?, now: UInt64, window: UInt64 = 0, jobSize: Int, jobBytes: Int,
        choose: @escaping @Sendable ([JobCandidate]) -> [JobCandidate]
    ) {
        self.task = task
        self.batchCapacity = batchCapacity
        self.now = now
        self.window = window
        self.jobSize = jobSize
        self.jobBytes = jobBytes
        self.choose = choose
    }
}

/// A job whose reports are taken, and whose shares are to be verified.
package struct ClaimedJob: Sendable {
    package let lease: JobLease
    /// The batch of its reports (leader-selected mode).
    package let batchID: BatchID?
    package let reports: Int
    /// Whether reports may wait that had no place in it.
    package let isCut: Bool
}

/// The request of a job whose shares the leader has verified.
package struct JobRequest: Sendable {
    /// The encoded `AggregationJobInitReq`. A retry must repeat these bytes.
    package var bytes: [UInt8]
    /// The verification key that it was made with. If the task has another by now, the helper would refuse every report, so
    /// the request is not stored. Nil where that does not matter.
    package var verifyKey: [UInt8]?

    package init(bytes: [UInt8], verifyKey: [UInt8]? = nil) {
        self.bytes = bytes
        self.verifyKey = verifyKey
    }
}

/// An aggregation job that is sent until it has a result, without its request, which may have many megabytes.
package struct PendingJob: Sendable, Equatable {
    package var key: Int64
    package var task: TaskID
    package var batchID: BatchID?
    /// The helper's name for the job, once the helper has told it.
    package var helperID: String?
    /// How many reports the request asks about.
    package var reportCount: Int
    package var progress: JobProgress

    package init(
        key: Int64, task: TaskID, batchID: BatchID?, helperID: String?, reportCount: Int,
        progress: JobProgress = JobProgress()
    ) {
        self.key = key
        self.task = task
        self.batchID = batchID
        self.helperID = helperID
        self.reportCount = reportCount
        self.progress = progress
    }
}

/// How a job ends for one of its reports.
package enum ReportOutcome: Sendable, Equatable {
    /// Verified: the output share is committed to its batch. In tasks that log reports, with the `report` entry.
    case accepted(outputShare: [UInt8], logEntry: [UInt8]?)
    /// One of the aggregators has rejected it. Where it was the leader, with the `rejected` entry.
    case rejected(ReportError, logEntry: [UInt8]?)
    /// May be in another job from `notBefore` (POSIX seconds) on.
    ///
    /// - Parameter isSuspect: the helper has refused the whole job, so perhaps because of this report.
    case returned(notBefore: UInt64, isSuspect: Bool = false)
}

/// Aggregation jobs. One that has not ended is worked on under a lease (``Lease``); whatever changes it needs that, and fails
/// with `.leaseLost` where somebody else may be at work, or the job has ended.
///
///     reports wait ──claimJob──▶ forming ──sendJob──▶ sending ──finishJob──▶ ended
///                                   └── no report passes the leader's checks ──▲
///     reports wait ◀──dissolveJob──────┘
package protocol LeaderJobStore: Sendable {
    /// Takes reports that wait into a new job, already leased, and in leader-selected mode into the oldest open batch with
    /// room, else a new one. They stay the job's until it ends, whoever works on it.
    ///
    /// - Returns: nil where no report is to be in a job now.
    func claimJob(_ claim: JobClaim, for duration: Duration) async throws(DatastoreError) -> ClaimedJob?

    /// Ends the forming of a job: stores what is sent, before it is sent, and rejects the reports that failed the leader's own
    /// checks, in one transaction. The lease goes on.
    ///
    /// - Parameters:
    ///   - request: nil where no report is left; then the job ends.
    ///   - rejected: reports of the job.
    ///   - end: of the window that the log has to wait for, in POSIX seconds; nil where it does not.
    /// - Throws: `.stale` where the task has another verification key by now: the shares are to be verified anew.
    func sendJob(
        _ lease: JobLease, _ request: JobRequest?, rejected: [EndedReport], loggedAfter end: UInt64?,
        for duration: Duration
    ) async throws(DatastoreError)

    /// One job of each task that is due: that which has been so longest.
    func dueJobs() async throws(DatastoreError) -> [(job: Int64, task: TaskID)]

    /// Leases the job of a task that has been due longest.
    ///
    /// - Parameter own: jobs that this process works on, however late it is.
    /// - Returns: nil where none is due.
    func acquireJob(
        of task: TaskID, except own: Set<Int64>, for duration: Duration
    ) async throws(DatastoreError) -> JobLease?

    /// Lets jobs fall due whose time cannot be right (``DueTime``), because a clock was set back.
    ///
    /// - Returns: how many.
    func unparkJobs(_ times: JobTimes) async throws(DatastoreError) -> Int

    /// Leases a job whoever has it, for an operator.
    ///
    /// - Returns: nil where it has ended.
    func seizeJob(_ key: Int64, for duration: Duration) async throws(DatastoreError) -> JobLease?

    /// Renews leases.
    ///
    /// - Returns: the keys of the jobs whose lease is lost.
    func renewJobs(_ leases: [JobLease], for duration: Duration) async throws(DatastoreError) -> Set<Int64>

    /// Gives a job back. It falls due after a pause.
    ///
    /// - Parameters:
    ///   - exchange: how the exchange about it has gone, and the helper's name for it; nil where there was none.
    func releaseJob(
        _ lease: JobLease, after pause: Duration, exchange: (progress: JobProgress, helperID: String?)?
    ) async throws(DatastoreError)

    /// Ends a forming job. Its reports wait again, but for those that were taken back meanwhile: so a job that cannot be
    /// formed keeps nobody's withdrawal waiting, and no key of shares from its end.
    ///
    /// - Parameter time: POSIX seconds: what was taken back meanwhile is logged when the window of now is over.
    /// - Throws: `.leaseLost`, also where it is not forming any more.
    func dissolveJob(_ lease: JobLease, at time: UInt64) async throws(DatastoreError)

    /// The same for forming jobs of a task that are due, whose task cannot be worked on now.
    ///
    /// - Parameters:
    ///   - own: as in ``acquireJob(of:except:for:)``.
    ///   - time: as in ``dissolveJob(_:at:)``.
    /// - Returns: how many ended.
    func dissolveDueJobs(
        of task: TaskID, except own: Set<Int64>, at time: UInt64
    ) async throws(DatastoreError) -> Int

    /// Lets jobs of a task fall due now that wait for no reason but that exchanges failed.
    func hurryJobs(of task: TaskID) async throws(DatastoreError)

    /// A job, if it is still being sent.
    func pendingJob(_ key: Int64) async throws(DatastoreError) -> PendingJob?

    /// The bytes that a job is sent with; nil where it has ended.
    func request(ofJob key: Int64) async throws(DatastoreError) -> [UInt8]?

    /// The leader-selected batch of a job.
    func batch(ofJob key: Int64) async throws(DatastoreError) -> BatchID?

    /// The reports of a job that has not ended, in the order of its request.
    func reports(ofJob key: Int64) async throws(DatastoreError) -> [WaitingReport]

    /// By when the log must say what became of the first of a pending job's reports, in POSIX seconds; nil in tasks that log
    /// no reports.
    func earliestDeadline(ofJob key: Int64) async throws(DatastoreError) -> UInt64?

    /// How many jobs of the task ended with accepted reports, ever. What grows shows that the way to the helper works.
    func answeredJobs(task: TaskID) async throws(DatastoreError) -> UInt64

    /// Ends a job: states of its reports, output shares and log entries, in one transaction. Log entries that wait for
    /// nothing get their places in the order of `outcomes`.
    ///
    /// - Parameters:
    ///   - end: of the window that the log has to wait for, in POSIX seconds; nil where it does not.
    ///   - vdaf: the task's, by which output shares are added up.
    func finishJob(
        _ lease: JobLease, outcomes: [(report: ReportID, outcome: ReportOutcome)], loggedAfter end: UInt64?,
        vdaf: any TaskVDAF
    ) async throws(DatastoreError)
}
