import DAP
import Datastore

/// What tests of jobs that wait at the helper begin with: jobs of every size, and what the store says of them.
protocol WaitingHelperJobs {}

extension WaitingHelperJobs {
    static var room: HelperJobRoom {
        HelperJobRoom(jobs: 5, bytes: 10 << 20, jobsOfTask: 3, bytesOfTask: 6 << 20)
    }

    static var long: Duration { HelperJobLease.longest }

    /// Over when the next statement begins.
    static var over: Duration { .zero }

    func job(_ number: Int, task: TaskID = Make.task, bytes: Int = 100) -> WaitingHelperJob {
        WaitingHelperJob(
            task: task, id: AggregationJobID(unchecked: [UInt8](repeating: UInt8(number), count: 16)),
            arrived: UInt64(1_000 + number), reports: number, bytes: bytes)
    }

    func request(_ job: WaitingHelperJob) -> [UInt8] {
        (0..<job.bytes).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ job.reports) }
    }

    @discardableResult
    func keep(
        _ job: WaitingHelperJob, _ lease: HelperJobLease? = nil, in store: NodeDatabase
    ) async throws -> HelperJobKeeping {
        try await store.keepHelperJob(job, request: request(job), lease: lease, for: Self.long, room: Self.room)
    }

    func lease(_ job: WaitingHelperJob) -> HelperJobLease { HelperJobLease(task: job.task, job: job.id) }

    /// What the counters say: those of the task, and of all.
    func places(_ store: NodeDatabase) async throws -> [[Int64]] {
        try await store.engine.read { session in
            try session.rows("SELECT jobs, bytes FROM helper_waiting ORDER BY task").map {
                [try $0.integer("jobs"), try $0.integer("bytes")]
            }
        }
    }

    func pieces(_ store: NodeDatabase) async throws -> Int64? {
        try await store.engine.read { try $0.integer("SELECT COUNT(*) FROM helper_job_requests") }
    }

    func commit(
        _ job: WaitingHelperJob, _ outcomes: [HelperOutcome], lease: HelperJobLease?, _ reports: HelperReports,
        in store: NodeDatabase
    ) async throws -> [UInt8] {
        try await store.commitHelperJob(
            job.task, job.id, outcomes: outcomes, verifyKey: nil, keepsLastWords: true, vdaf: reports.vdaf,
            lease: lease)
    }
}
