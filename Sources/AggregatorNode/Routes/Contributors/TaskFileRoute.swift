import DAP
import Hummingbird

extension Leader {
    /// `GET /cairn/tasks/{task-id}`: the task file, as the operator added it, for those who know no more of a task than its URL.
    ///
    /// A file is public and says nothing that the node would have to vouch for: whoever fetches it checks that its
    /// configuration hashes to the id that stands in the URL. A task that an older version added may have none until it is
    /// added again.
    @Sendable
    func taskFile(_ request: Request, _ requestContext: NodeRequestContext) async throws -> Response {
        let task = try await context.matchingTask(request, requestContext)
        guard let file = try await context.store.taskFile(task.id) else {
            throw NodeError.http(
                404, "This node serves the task, but has no task file of it: its operator can add it again.",
                taskID: task.id)
        }
        return .bytes(file, type: "application/json")
    }
}
