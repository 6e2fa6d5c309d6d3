import DAP
import Datastore
import Hummingbird
import Ledger

// `POST /cairn/tasks/{task}/withdrawals`, which leader and helper answer each in its own way. No node's word counts for it:
// the contributor has signed the withdrawal, and everybody can check that.

extension Leader {
    /// A contributor takes a report back, until its batch is closing.
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
            withdrawal, earlyLimit: Self.earlyWithdrawalLimit,
            loggedAfter: task.parameters?.logWindowEnd(of: context.now()), vdaf: task.vdaf)
        if outcome == .withdrawn { logKeeper.noteGrowth() }
        try await context.generation?.settle()
        return try WithdrawalRequest.response(outcome, task, now: context.now())
    }

    /// Withdrawals of reports that never came, a task: beyond, the answer is 503, and nothing is evicted.
    ///
    /// Whoever wants to fill the log can do it with uploads, too: every report of the right form that fails verification
    /// ends in an entry of about the same size, and costs its sender as little. These are bounded, which uploads are not.
    /// Whoever fills the bound keeps contributors whose uploads ended in doubt from settling them here, no more.
    static let earlyWithdrawalLimit = 10_000
}

extension Helper {
    /// A withdrawal of a report that is not here yet is kept if the leader has promised the report: anybody can sign
    /// withdrawals of reports that never were, and would fill any table with them.
    func withdraw(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let task = try await context.matchingTask(request, parameters)
        let asked = try await WithdrawalRequest(request, task)
        try await waitForClose(asked.withdrawal, task)
        try await context.generation?.ready()
        var outcome = try await context.store.withdrawHelperReport(
            asked.withdrawal, early: nil, vdaf: task.vdaf)
        if outcome == .unknown, try asked.isPromised() {
            outcome = try await context.store.withdrawHelperReport(
                asked.withdrawal, early: try await earlyRoom(for: task), vdaf: task.vdaf)
        }
        try await context.generation?.settle()
        return try WithdrawalRequest.response(outcome, task, now: context.now())
    }

    /// Of several leaders each has an equal part.
    private func earlyRoom(for task: NodeTask) async throws -> EarlyRoom {
        let origin = try follower(of: task).origin
        let leaders = context.peers.all(as: .helper).count
        guard leaders > 1 else { return EarlyRoom(limit: earlyWithdrawalLimit, origin: origin) }
        let leader = context.peer(of: task).settings.url
        let tasks = try await context.registry.usable().filter {
            $0.isServed && context.concerns($0) && context.peer(of: $0).settings.url == leader
        }
        return EarlyRoom(
            limit: earlyWithdrawalLimit, origin: origin,
            part: .init(limit: max(1, earlyWithdrawalLimit / leaders), tasks: tasks.map(\.id)))
    }

    /// A batch whose close was spoilt by withdrawals lets no report go while it is proposed again.
    private func waitForClose(_ withdrawal: WithdrawalEntry, _ task: NodeTask) async throws {
        guard holds.withLock({ $0.concern(task.id, now: .now) }),
            let bucket = try await context.store.helperBucket(
                of: withdrawal.reportID, claimKey: withdrawal.claimKey, in: task.id),
            let seconds = holds.withLock({ $0.wait(task.id, bucket, now: .now) })
        else { return }
        throw NodeError.unavailable(
            "The report's batch is being closed, and was kept from it by withdrawals before. If it is not closed by then, the "
                + "report can be withdrawn.", retryAfter: seconds, taskID: task.id)
    }
}
