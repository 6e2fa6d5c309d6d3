import DAP
import Datastore

/// Carries a pending job to the helper and brings its answer back.
struct JobExchange: Sendable {
    let context: NodeContext
    let task: NodeTask

    enum Result: Sendable {
        case ready(AggregationJobResp, helperID: String?)
        /// No usable answer; the same request has to be sent again later.
        case later(String)
        case abandon(String, helperID: String?)
    }

    /// Posts the job's bytes, or polls where the helper deferred it before, until there is an answer.
    func run(_ job: PendingJob) async throws -> Result {
        var helperID = job.helperID
        var reposts = 0
        while true {
            let isPoll = helperID != nil
            let response: PeerResponse
            do {
                response = try await send(job, helperID: helperID)
            } catch .cancelled {
                throw CancellationError()
            } catch {
                return .later(error.description)
            }
            let named = response.header("Location").flatMap(JobReply.resourceID(inLocation:)) ?? helperID
            switch JobReply.interpret(response, isPoll: isPoll) {
            case .ready(let message): return .ready(message, helperID: named)
            case .deferred(let id, let seconds):
                if let id = id ?? helperID, id != helperID {
                    try await context.store.recordHelperID(id, ofJob: job.key)
                    helperID = id
                }
                try await Task.sleep(for: .seconds(max(seconds, 1)))
            case .forgotten:
                // The helper lost the job (a restored database): creation is idempotent, so post it again.
                guard reposts == 0 else { return .later("the helper forgets the job") }
                reposts += 1
                try await context.store.recordHelperID(nil, ofJob: job.key)
                helperID = nil
            case .later(let reason): return .later(reason)
            case .abandon(let reason): return .abandon(reason, helperID: named)
            }
        }
    }

    /// Tells the helper that it can forget a job; it does no harm if this never arrives.
    func delete(helperID: String) async {
        _ = try? await context.peer.send(
            .delete, url(helperID, step: nil), headers: headers, maxResponseBytes: 64 << 10, deadline: .seconds(5))
    }

    private func send(_ job: PendingJob, helperID: String?) async throws(PeerError) -> PeerResponse {
        guard let helperID else {
            return try await context.peer.send(
                .post, ResourceURL.aggregationJobs(context.peer.baseURL.string, task.id), body: job.request,
                contentType: MediaType.aggregationJobInitReq.headerValue, headers: headers,
                maxResponseBytes: BodyLimit.aggregationJob)
        }
        return try await context.peer.send(
            .get, url(helperID, step: 0), headers: headers, maxResponseBytes: BodyLimit.aggregationJob)
    }

    private func url(_ helperID: String, step: UInt16?) -> String {
        ResourceURL.aggregationJob(context.peer.baseURL.string, task.id, id: helperID, step: step)
    }

    private var headers: [NodeError.Header] { task.taskprovHeaders }
}

extension NodeTask {
    /// The task's configuration, which goes with every request about a task that it names (taskprov).
    var taskprovHeaders: [NodeError.Header] {
        isTaskprov ? [.init(Taskprov.headerName, Taskprov.headerValue(configuration))] : []
    }
}
