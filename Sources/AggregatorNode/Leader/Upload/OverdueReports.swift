import DAP
import Datastore
import Logging

/// Gives promised reports up whose deadline comes near, so that the log says so in time.
struct OverdueReports: Sendable {
    let context: NodeContext

    /// Rejects, under the leader's own name, whatever nothing has become of and is due at `time` (POSIX seconds).
    ///
    /// - Returns: whether there was any.
    @discardableResult
    func giveUp(dueAt time: UInt64) async throws -> Bool {
        var found = false
        for id in try await context.store.tasksWithOverdueReports(at: time) {
            guard let task = try await context.registry.task(id) else { continue }
            let count = try await giveUp(task, dueAt: time)
            guard count > 0 else { continue }
            context.logger.warning(
                "reports given up before their promise breaks",
                metadata: ["task": "\(id)", "reports": "\(count)"])
            found = true
        }
        return found
    }

    /// After a long outage there may be many: a part is rejected at a time.
    ///
    /// - Returns: how many were given up.
    private func giveUp(_ task: NodeTask, dueAt time: UInt64) async throws -> Int {
        let rejections = Rejections(task: task, keys: context.keys)
        var count = 0
        while true {
            let reports = try await context.store.overdueReports(of: task.id, at: time, limit: Self.part)
            guard !reports.isEmpty else { return count }
            try await context.store.giveUp(
                try reports.map { try rejections.reject($0, .reportDropped) }, task: task.id, loggedAfter: nil)
            count += reports.count
        }
    }

    private static let part = 1_000
}
