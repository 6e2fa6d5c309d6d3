import DAP
import Datastore
import Ledger
import Synchronization
import Testing

/// Rows that everybody changes are changed last and in one order, or two transactions wait each for the other.
@Suite struct CounterOrderTests {
    /// Says which of those rows are changed.
    private final class Watch: Sendable {
        private let seen = Mutex<[String]>([])

        func note(_ sql: String) {
            let counters = ["helper_early_count", "helper_waiting", "log_head", "task_revision", "node_state"]
            guard let table = counters.first(where: { sql.hasPrefix("UPDATE \($0) ") }) else { return }
            seen.withLock { $0.append(table) }
        }

        /// The tables that were changed since the last call.
        func take() -> [String] {
            seen.withLock { seen in
                defer { seen = [] }
                return seen
            }
        }
    }

    @Test func tasksAreAddedAndEndedInOneOrder() async throws {
        let (temporary, watch) = (try TemporaryStore(), Watch())
        let store = NodeDatabase(WatchedEngine(temporary.store.engine) { watch.note($0) })
        let reports = try HelperReports()
        try await store.beginGeneration(.random())
        _ = watch.take()
        #expect(try await store.addTask(Make.storedTask(), logEntry: [1]))
        #expect(watch.take() == ["task_revision"])
        #expect(try await reports.withdraw(1, earlyLimit: 9, in: store) == .pending)
        #expect(watch.take() == ["helper_early_count", "node_state"])
        #expect(try await store.endTask(Make.task, mayDiscard: false, at: 0) == .ended(discarded: 0))
        #expect(watch.take() == ["helper_early_count", "task_revision", "node_state"])
        #expect(try await store.addTask(Make.storedTask(), logEntry: nil))
        #expect(watch.take() == ["helper_early_count", "task_revision"])
        #expect(try await store.addAnnouncedTask(Make.storedTask(.random()), limit: 9) == .stored)
        #expect(watch.take() == ["task_revision"])
    }

    /// A withdrawal has a task for itself and wants the count; who has the count must not want a task.
    @Test func whatEndedInTheLogIsCountedOnceForAllTasks() async throws {
        let (temporary, watch) = (try TemporaryStore(), Watch())
        let store = NodeDatabase(WatchedEngine(temporary.store.engine) { watch.note($0) })
        var reports = try HelperReports()
        let tasks = [TaskID.random(), .random(), .random()]
        for task in tasks {
            reports.task = task
            #expect(try await reports.withdraw(1, earlyLimit: 9, in: store) == .pending)
        }
        _ = watch.take()
        let entries = tasks.enumerated().map { FollowedEntry.rejected($1, Make.reportID(1), index: UInt64($0)) }
        let end = HelperLogPosition(size: 3, range: [1])
        #expect(try await store.advanceHelperLog(origin: "log", previous: 0, to: end, entries: entries))
        #expect(watch.take() == ["helper_early_count"])
        try await HelperAudit(store: store, reports: reports).checkEarly()
    }
}
