import Datastore
import Hummingbird

/// Resources that a leader has as well as a helper, at a node that is both: which of the two answers, the task says.
struct BothRolesRoutes: Sendable {
    let context: NodeContext
    let leader: Leader
    let helper: Helper

    func addRoutes(to routes: inout RouteTable) {
        routes.post(Self.withdrawals) { request, parameters in
            switch try await role(parameters) {
            case .leader: try await leader.withdraw(request, parameters)
            case .helper: try await helper.withdraw(request, parameters)
            }
        }
    }

    static let withdrawals = "/cairn/tasks/:task/withdrawals"

    /// What the node is in the task that the path names. Of one that is unknown, whoever answers says so.
    private func role(_ request: NodeRequestContext) async throws -> NodeRole {
        try await context.registry.task(try request.taskID()).map(context.configuration.role(of:)) ?? .leader
    }
}
