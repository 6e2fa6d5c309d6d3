import DAP
import Datastore
import Hummingbird
import NodeAPI

extension Leader {
    /// `POST /tasks/{task-id}/collection_jobs`: creates a collection job, or finds the one that the same bytes
    /// created.
    @Sendable
    func createCollection(_ request: Request, _ requestContext: NodeRequestContext) async throws -> Response {
        try requireCollector(request)
        let task = try await context.announcedTask(request, requestContext)
        let (message, body) = try await request.message(CollectionJobReq.self, of: API.createCollection, task)
        let interval = try CollectionRules.check(message, configuration: task.configuration, taskID: task.id)
        switch try await context.store.createCollection(task: task.id, request: body, interval: interval) {
        case .overlap:
            throw NodeError.dap(
                .batchOverlap, "The interval includes reports of a batch that is being, or has been, collected.",
                taskID: task.id)
        case .job(let job):
            if job.state.isActive { try await context.standing(of: task).admit(task) }
            collection.touched(job.key, of: task.id)
            let url = API.collection.url(at: context.configuration.publicURL.string, task.id, job.id)
            var response = try await representation(of: job, task)
            response.status = response.status == .ok ? .created : response.status
            response.headers[.location] = url
            return response
        }
    }

    /// `GET /tasks/{task-id}/collection_jobs/{collection-job-id}`
    @Sendable
    func pollCollection(_ request: Request, _ requestContext: NodeRequestContext) async throws -> Response {
        try requireCollector(request)
        let task = try await context.announcedTask(request, requestContext)
        let id = try Self.collectionID(requestContext, task)
        guard let job = try await context.store.collection(id, task: task.id) else { throw Self.noSuchJob(task) }
        if job.state.isActive { try await context.standing(of: task).admit(task) }
        return try await representation(of: job, task)
    }

    /// `DELETE /tasks/{task-id}/collection_jobs/{collection-job-id}`
    @Sendable
    func deleteCollection(_ request: Request, _ requestContext: NodeRequestContext) async throws -> Response {
        try requireCollector(request)
        let task = try await context.announcedTask(request, requestContext)
        let id = try Self.collectionID(requestContext, task)
        guard let job = try await context.store.collection(id, task: task.id),
            try await context.store.hideCollection(id, task: task.id)
        else { throw Self.noSuchJob(task) }
        collection.touched(job.key, of: task.id)
        return .empty()
    }

    /// A finished job's response, an empty body with Retry-After while it is being worked on, or the error that ended
    /// it. The empty answer says in a header of Cairn's own what the job waits for.
    private func representation(of job: StoredCollection, _ task: NodeTask) async throws -> Response {
        switch job.state {
        case .finished:
            try await context.generation?.settle()
            return .dap(.collectionJobResp, job.response ?? [])
        case .failed:
            let problem = job.problem ?? CollectionProblem(type: nil, detail: "The collection job failed.")
            throw problem.type.map { NodeError.dap($0, problem.detail, taskID: job.task) }
                ?? NodeError.http(409, problem.detail, taskID: job.task)
        default:
            let wait = try await waitForWindow(job, task)
            var headers: HTTPFields = [.retryAfter: "\(wait ?? 1)"]
            let helper = context.client(of: task).baseURL.string
            if let note = WaitingNote.of(job, isCommitted: task.isCommitted, helper: helper),
                let name = HeaderName(WaitingNote.headerName)
            {
                headers[name] = WaitingNote.headerValue(note)
            }
            return Response(status: .ok, headers: headers)
        }
    }

    /// For how many seconds a job waits for the end of a window; nil where it waits for something else.
    private func waitForWindow(_ job: StoredCollection, _ task: NodeTask) async throws -> Int? {
        guard task.logWindow > 0, job.state == .sealed, let scope = job.scope, job.proposalSize == nil,
            let until = try await context.store.waitingWords(task: task.id, scope: scope)
        else { return nil }
        return WindowWait.seconds(until: until, now: context.now())
    }

    private func requireCollector(_ request: Request) throws {
        try request.requireBearer(context.keys.collectorTokens)
    }

    private static func collectionID(
        _ requestContext: NodeRequestContext, _ task: NodeTask
    ) throws(NodeError) -> CollectionJobID {
        try requestContext.identifier("job", as: CollectionJobID.self, orThrow: noSuchJob(task))
    }

    private static func noSuchJob(_ task: NodeTask) -> NodeError {
        .http(404, "The task has no such collection job.", taskID: task.id)
    }
}
