import DAP
import Datastore
import NodeAPI
import Requests
import Tasks

/// Carries a pending job to the helper and brings its answer back: one request at a time, since the durable schedule
/// repeats it.
struct JobExchange: Sendable {
    let context: NodeContext
    let task: NodeTask

    enum Result: Sendable {
        /// - Parameter ahead: by how many seconds the helper's clock is ahead of ours, if it says what it shows.
        case ready(AggregationJobResp, helperID: String?, ahead: Int?)
        /// - Parameters:
        ///   - helperID: under which the job is asked for from now on.
        ///   - named: the name that the answer gave it, which may be that of another job.
        case unfinished(JobTurn.Event, helperID: String?, named: String?)
    }

    /// Posts the job's bytes, or polls where the helper has deferred it before.
    ///
    /// - Parameter bytes: of the request, where they are at hand. A poll reads none.
    /// - Throws: `.leaseLost` where the job has ended.
    func turn(_ job: PendingJob, _ bytes: [UInt8]?) async throws -> Result {
        let pollID = JobTurn.isPoll(job.progress, helperID: job.helperID) ? job.helperID : nil
        var request: [UInt8] = []
        if pollID == nil {
            var known = bytes
            if known == nil { known = try await context.store.request(ofJob: job.key) }
            guard let known else { throw DatastoreError.leaseLost }
            request = known
        }
        let before = context.now()
        let response: WebAnswer
        do throws(PeerError) { response = try await send(job, request, pollID: pollID) } catch {
            if error == .cancelled { throw CancellationError() }
            return .unfinished(
                .unusable(PeerText.short(error.description), seconds: nil), helperID: job.helperID, named: nil)
        }
        let after = max(before, context.now())
        let ahead = response.date.map { RetryRules.ahead($0, between: before...after) }
        let named = response.header("Location").flatMap(JobReply.resourceID(inLocation:)) ?? job.helperID
        switch JobReply.interpret(
            response, isPoll: pollID != nil, reportCount: job.reportCount, task: task.id)
        {
        case .ready(let message): return .ready(message, helperID: named, ahead: ahead)
        case .deferred(let id, let seconds):
            return .unfinished(.deferred(seconds: seconds), helperID: id ?? job.helperID, named: named)
        case .forgotten:
            // Creation is idempotent, so the job is posted again.
            return .unfinished(
                .unusable("the helper does not know the job any more", seconds: nil), helperID: nil, named: nil)
        case .later(let reason, let seconds):
            return .unfinished(.unusable(reason, seconds: seconds), helperID: job.helperID, named: named)
        case .refused(let reason): return .unfinished(.refused(reason), helperID: job.helperID, named: named)
        case .wrong(let reason): return .unfinished(.wrong(reason), helperID: job.helperID, named: named)
        }
    }

    /// Tells the helper that it can forget a job; it does no harm if this never arrives.
    func delete(helperID: String) async {
        _ = try? await context.client(of: task).send(
            API.deleteJob, task.id, ForeignID(helperID), headers: headers, maxResponseBytes: BodyLimit.small,
            deadline: .seconds(5))
    }

    private func send(
        _ job: PendingJob, _ request: [UInt8], pollID: String?
    ) async throws(PeerError) -> WebAnswer {
        let deadline = RetryRules.deadline(
            requestBytes: request.count,
            inARow: job.progress.answer == .unusable ? job.progress.attempts : 0)
        let limit = NodeTask.verdictLimit(of: job.reportCount)
        guard let pollID else {
            return try await context.client(of: task).send(
                API.createJob, task.id, body: .bytes(request), headers: headers, maxResponseBytes: limit,
                deadline: deadline, retries: false)
        }
        return try await context.client(of: task).send(
            API.job, task.id, ForeignID(pollID), query: "step=0", headers: headers, maxResponseBytes: limit,
            deadline: deadline, retries: false)
    }

    private var headers: [NodeError.Header] { task.taskprovHeaders }
}

extension NodeTask {
    /// The task's configuration, which goes with every request about a task that it names (taskprov).
    var taskprovHeaders: [NodeError.Header] {
        guard isTaskprov, let announcement else { return [] }
        return [.init(Taskprov.headerName, announcement)]
    }
}
