// What the helper's store takes and gives about jobs that wait to be verified; the operations are in HelperStore.swift.

import DAP

/// An aggregation job whose request is kept until somebody verifies it, without the request.
package struct WaitingHelperJob: Sendable, Equatable {
    package var task: TaskID
    package var id: AggregationJobID
    /// When it came, in POSIX seconds.
    package var arrived: UInt64
    package var reports: Int
    /// Of its request.
    package var bytes: Int
    /// How often somebody has taken it, whatever came of that: it may have been the end of the process.
    package var attempts: Int
    /// Whether somebody has it.
    package var isHeld: Bool
    /// For how long nobody is to take it, by the database's clock, because somebody has it or has put it off.
    package var left: Duration

    package init(
        task: TaskID, id: AggregationJobID, arrived: UInt64, reports: Int, bytes: Int, attempts: Int = 0,
        isHeld: Bool = false, left: Duration = .zero
    ) {
        self.task = task
        self.id = id
        self.arrived = arrived
        self.reports = reports
        self.bytes = bytes
        self.attempts = attempts
        self.isHeld = isHeld
        self.left = left
    }
}

/// The right to verify a job that waits, for a while by the database's clock: a token in its row. Who has lost it stores
/// nothing more about the job.
package struct HelperJobLease: Sendable, Equatable {
    /// For no longer is a lease given, and no job put off.
    package static let longest = Duration.seconds(120)

    package var task: TaskID
    package var job: AggregationJobID
    /// Nobody else's, and of this process (``ProcessNumber``).
    package var token: Int64

    package init(task: TaskID, job: AggregationJobID, token: Int64 = ProcessNumber.leaseToken()) {
        self.task = task
        self.job = job
        self.token = token
    }
}

/// How much may wait.
package struct HelperJobRoom: Sendable, Equatable {
    package var jobs: Int
    package var bytes: Int
    /// Of one task.
    package var jobsOfTask: Int
    package var bytesOfTask: Int

    package init(jobs: Int, bytes: Int, jobsOfTask: Int, bytesOfTask: Int) {
        self.jobs = jobs
        self.bytes = bytes
        self.jobsOfTask = jobsOfTask
        self.bytesOfTask = bytesOfTask
    }
}

/// What became of the wish to keep a job's request.
package enum HelperJobKeeping: Sendable, Equatable {
    /// It is kept now, under the caller's lease where there is one.
    case waiting
    /// It was kept before, and the lease is not the caller's.
    case present
    /// The job was answered meanwhile.
    case answered(response: [UInt8])
    /// So much waits already that there is no room; nothing was stored.
    case noRoom
}
