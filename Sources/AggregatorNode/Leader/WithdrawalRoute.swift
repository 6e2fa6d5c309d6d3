import Hummingbird

extension Leader {
    /// `POST /cairn/tasks/{task-id}/withdrawals`: a contributor takes a report back, until its batch is closing.
    ///
    /// The withdrawal is logged in the transaction that ends the report; a checkpoint over it follows by itself.
    @Sendable
    func withdraw(_ request: Request, _ requestContext: NodeRequestContext) async throws -> Response {
        let task = try await context.matchingTask(request, requestContext)
        let withdrawal = try await WithdrawalRequest(request, task).withdrawal
        let outcome = try await context.store.withdraw(withdrawal)
        if outcome == .withdrawn { logKeeper.noteGrowth() }
        return try WithdrawalRequest.response(outcome, task)
    }
}
