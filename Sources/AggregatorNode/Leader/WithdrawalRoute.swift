import Hummingbird

extension Leader {
    /// `POST /cairn/tasks/{task-id}/withdrawals`: a contributor takes a report back, until its batch is closing.
    ///
    /// The withdrawal is logged in the transaction that ends the report; a checkpoint over it follows by itself. One of a
    /// report that is not here is logged, too, and keeps the report out: a contributor that was never answered, or that
    /// was refused by somebody in between, can then be sure that the value will not count before it sends it again.
    @Sendable
    func withdraw(_ request: Request, _ requestContext: NodeRequestContext) async throws -> Response {
        let task = try await context.matchingTask(request, requestContext)
        let withdrawal = try await WithdrawalRequest(request, task).withdrawal
        try await context.generation?.ready()
        let outcome = try await context.store.withdraw(
            withdrawal, earlyLimit: Self.earlyWithdrawalLimit, vdaf: task.vdaf)
        if outcome == .withdrawn { logKeeper.noteGrowth() }
        try await context.generation?.settle()
        return try WithdrawalRequest.response(outcome, task)
    }

    /// Withdrawals of reports that never came, a task: beyond, the answer is 503, and nothing is evicted.
    ///
    /// Whoever wants to fill the log can do it with uploads, too: every report of the right form that fails verification
    /// ends in an entry of about the same size, and costs its sender as little. These are bounded, which uploads are not.
    /// Whoever fills the bound keeps contributors whose uploads ended in doubt from settling them here, no more.
    static let earlyWithdrawalLimit = 10_000
}
