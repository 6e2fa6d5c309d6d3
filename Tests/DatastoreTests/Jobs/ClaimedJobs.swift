import DAP
import Datastore

extension NodeDatabase {
    /// Takes all reports that wait into a job.
    func claim(for duration: Duration, _ task: TaskID = Make.task) async throws -> ClaimedJob? {
        try await claimJob(
            JobClaim(task: task, batchCapacity: nil, now: 1_000, jobSize: 100, jobBytes: 1 << 20) { $0 }, for: duration)
    }

    func upload(_ numbers: ClosedRange<Int>, _ task: TaskID = Make.task) async throws {
        _ = try await storeReports(numbers.map { Make.report($0) }, task: task, bucketCapacity: nil)
    }
}
