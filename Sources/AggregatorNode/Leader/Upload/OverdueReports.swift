import DAP
import Datastore
import Logging

/// Gives promised reports up whose deadline comes near, so that the log says so in time.
struct OverdueReports: Sendable {
    let context: NodeContext

    /// Refuses, under the leader's own name, whatever nothing has become of and is due at `time` (POSIX seconds).
    ///
    /// - Returns: whether there was any.
    @discardableResult
    func giveUp(dueAt time: UInt64) async throws -> Bool {
        var found = false
        for (id, reports) in try await context.store.overdueReports(at: time) {
            guard let task = try await context.registry.task(id) else { continue }
            let refusals = Refusals(task: task, keys: context.keys)
            try await context.store.giveUp(try reports.map { try refusals.refuse($0, .reportDropped) }, task: id)
            context.logger.warning(
                "reports given up before their promise breaks",
                metadata: ["task": "\(id)", "reports": "\(reports.count)"])
            found = true
        }
        return found
    }
}
