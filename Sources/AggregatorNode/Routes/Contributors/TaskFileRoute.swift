import DAP
import Hummingbird

extension Leader {
    /// `GET /cairn/tasks/{task-id}`: the task file, as the operator added it.
    @Sendable
    func taskFile(_ request: Request, _ requestContext: NodeRequestContext) async throws -> Response {
        let task = try await context.matchingTask(request, requestContext)
        let store = TaskFileStore(context.configuration)
        guard let file = try await context.workers.run({ try store.get(task.id) }) else {
            throw NodeError.http(
                404, "This node serves the task, but has no task file of it: its operator can add it again.",
                taskID: task.id)
        }
        return .bytes(file, type: "application/json")
    }
}
