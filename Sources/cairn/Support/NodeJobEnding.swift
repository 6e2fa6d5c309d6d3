import AggregatorNode
import DAP
import Datastore

/// Gives one aggregation job up that the helper never answers. The node may be running: whatever it is doing about the job
/// comes too late.
struct NodeJobEnding {
    let store: NodeDatabase
    let task: StoredTask
    let job: PendingJobOverview

    /// Whether a process was working on it. Whatever that stores from now on fails.
    var isInterrupted: Bool { job.wait == .worker }

    /// For people; nothing where nobody works on it.
    var interruption: String {
        isInterrupted ? "; the node was sending it at this moment, and whatever it hears comes too late" : ""
    }

    /// - Returns: how many reports ended with it.
    func abandon() async throws -> Int {
        guard let task = try? NodeTask(task), !task.isCommitted else {
            throw CommandFailure(
                "jobs are given up in uncommitted tasks only: every report of a committed task has its end in the log",
                advice: "The leader gives the reports up by itself an hour before its promise ends.")
        }
        guard let progress = job.progress, progress.answer != .none else {
            throw CommandFailure(
                "job \(job.key) was formed a moment ago and has not failed",
                advice: "Wait until `cairn node jobs show` says how often it was tried.")
        }
        let reports = try await store.reportIDs(ofJob: job.key)
        do {
            guard let lease = try await store.seizeJob(job.key, for: .seconds(30)) else {
                throw DatastoreError.leaseLost
            }
            try await store.finishJob(
                lease, outcomes: reports.map { ($0, .rejected(.reportDropped, logEntry: nil)) }, vdaf: task.vdaf)
        } catch {
            guard error as? DatastoreError == .leaseLost else { throw error }
            throw CommandFailure("job \(job.key) has ended by itself meanwhile; nothing was dropped")
        }
        return reports.count
    }
}
