import Datastore
import Encodings
import Hummingbird
import Logging
import Tasks

// The task of a request: what its path names, and what its header `DAP-Taskprov` announces (taskprov-04 sections 3.2 and
// 3.5 to 3.8).

extension NodeContext {
    /// The task in the request's path, which has to be one that this node serves. Where the request announces a task, it
    /// must be that one.
    func matchingTask(_ request: Request, _ requestContext: NodeRequestContext) async throws -> NodeTask {
        try await find(request, requestContext, optingIn: false, from: nil)
    }

    /// The same for the resources that the standard lets announce a task: one that is new may be opted into.
    ///
    /// - Parameter peer: who asks, where only a task's other aggregator may.
    func announcedTask(
        _ request: Request, _ requestContext: NodeRequestContext, from peer: Peer? = nil
    ) async throws -> NodeTask {
        try await find(request, requestContext, optingIn: true, from: peer)
    }

    private static let announcementHeader = HeaderName(Taskprov.headerName)

    private func find(
        _ request: Request, _ requestContext: NodeRequestContext, optingIn: Bool, from peer: Peer?
    ) async throws -> NodeTask {
        let id = try requestContext.taskID()
        let header = Self.announcementHeader.flatMap { request.headers[$0] }
        let task = try await registry.task(id)
        if let task, !concerns(task) {
            throw NodeError.dap(
                .unrecognizedTask, "This node is not the \(role.rawValue) of task \(id.base64URL).", taskID: id)
        }
        // Nearly always: this very task, in the words in which everybody announces it.
        if let task, let header, let own = task.announcement, ProtocolText.same(header, own) { return task }
        let announcement = header.flatMap(Taskprov.announcement)
        if let announcement, announcement.taskID != id {
            throw NodeError.dap(
                .unrecognizedTask, "The task configuration in the DAP-Taskprov header is another task's.", taskID: id)
        }
        if let task {
            // Only where an operator chose this very id for another configuration.
            if let announcement, announcement.bytes != task.configurationBytes {
                throw NodeError.dap(
                    .invalidTask, "This node has another configuration under this task's id.", taskID: id)
            }
            return task
        }
        // Without the operator's word, this node has nothing to do with tasks that it does not know: the draft's
        // aggregator that does not support the header.
        guard optingIn, let announcement, let settings = configuration.taskprov else {
            throw NodeError.unrecognizedTask(id)
        }
        try await optIn(announcement, settings, from: peer)
        return try await self.task(requestContext)
    }

    private func optIn(
        _ announcement: Taskprov.Announcement, _ settings: TaskprovSettings, from peer: Peer?
    ) async throws {
        let id = announcement.taskID
        do throws(TaskRefusal) {
            let outcome = try await TaskRegistry.optIn(
                announcement, settings, store: store, configuration: configuration, keys: keys, as: role,
                from: peer, now: now())
            if outcome == .stored {
                logger.notice("opted into a task that a request announced", metadata: ["task": "\(id)"])
                return
            }
        } catch {
            if case .database(let failure) = error { throw failure }
            throw NodeError.dap(.invalidTask, "This node does not take part in the task: \(error).", taskID: id)
        }
        logger.warning(
            "a request announced a task, but there are as many as taskprov.max_tasks allows",
            metadata: ["task": "\(id)", "max_tasks": "\(settings.maxTasks)"])
        throw NodeError.unavailable(
            "This node takes no further tasks that requests announce; its operator can add this one.",
            retryAfter: 3_600, taskID: id)
    }
}
