import DAP
import Datastore
import Encodings
import Hummingbird
import Ledger
import Logging

/// Signs, for every upload to a task that logs reports, that the log will say what became of each, and sees to it.
///
/// Most reports end long before: aggregation accepts or refuses them within seconds. Those that nothing becomes of,
/// because the helper is away or no batch takes them, are given up in time for the log to say so.
struct Promises: Sendable {
    let context: NodeContext
    let logKeeper: LogKeeper

    /// How long before the deadline a report is given up, in seconds: the entry has to be cosigned as well.
    static let margin: UInt64 = 3_600
    private static let rhythm: Duration = .seconds(60)

    /// When the log must say what became of a report that arrives now.
    ///
    /// - Parameter now: what the leader's clock says that promises start from (`LeaderClock.promisingTime`).
    static func deadline(_ task: NodeTask, now: UInt64) -> UInt64? {
        guard task.isCommitted else { return nil }
        // The same for all reports of a window: what is given up before its promise ends must not tell more than that.
        return (task.parameters?.logWindowEnd(of: now) ?? now) + UploadPromise.period
    }

    /// The header of an answer to an upload; nil where nothing was taken, nothing is logged, or so much time has passed
    /// since `now` that the word could not be kept.
    func header(
        _ task: NodeTask, taken reports: [Report], now: UInt64
    ) async throws -> (name: HeaderName, value: String)? {
        guard let deadline = Self.deadline(task, now: now), !reports.isEmpty,
            let name = HeaderName(UploadPromise.headerName),
            try await logKeeper.clock.canPromise(deadline: deadline)
        else { return nil }
        let entries = try reports.map { report in
            try ReportEntry(
                taskID: task.id, metadata: report.metadata, publicShare: report.publicShare, vdaf: task.vdaf)
        }
        let promise = try UploadPromise(
            entries: entries, taskID: task.id, deadline: deadline, origin: context.keys.log?.verifier.name ?? "",
            key: context.keys.statement)
        return (name, Base64.encode(promise.note.serialized()))
    }

    /// Gives reports up whose deadline comes near, until the task is cancelled: one process does it for the node.
    func run() async {
        await DutyKeeper(duty: .promises, store: context.store, logger: context.logger).run { _ in await sweep() }
    }

    private func sweep() async {
        while !Task.isCancelled {
            do { try await giveUpWhatIsDue() } catch {
                if Task.isCancelled { return }
                context.logger.warning("overdue reports could not be given up", metadata: ["reason": "\(error)"])
            }
            try? await Task.sleep(for: Self.rhythm)
        }
    }

    private func giveUpWhatIsDue() async throws {
        let due = context.now() + Self.margin
        guard let deadline = try await context.store.earliestOpenDeadline(),
            deadline <= due
        else { return }
        try await logKeeper.firstLook.wait()
        // A clock that has jumped must not end reports.
        if try await logKeeper.clock.needsConfirmation() { _ = try await logKeeper.flush() }
        if try await OverdueReports(context: context).giveUp(dueAt: due) { logKeeper.noteGrowth() }
    }
}
