import DAP
import Datastore
import Synchronization

/// What the public status of tasks was when each was asked for the first time in a window, of whichever process of the node.
///
/// Numbers that change with every upload would tell anybody who asks often enough what the log hides: when reports come. So a
/// task whose log lets words wait has one status for the length of a window. It is in the database, for two processes that
/// show two would tell how many reports came in between; what is here saves looking there.
final class ShownStatus: Sendable {
    private let store: any ShownStatusStore
    private let shown = Mutex<[TaskID: ShownTaskStatus]>([:])

    init(store: any ShownStatusStore) { self.store = store }

    /// - Parameters:
    ///   - end: of the window of now, in POSIX seconds; nil where the log lets nothing wait.
    ///   - make: makes the status of now.
    func json(of task: TaskID, windowEnd end: UInt64?, _ make: () async throws -> [UInt8]) async throws -> [UInt8] {
        guard let end else { return try await make() }
        if let known = shown.withLock({ $0[task] }), known.isShown(inWindowTo: end) { return known.json }
        let status: ShownTaskStatus
        if let stored = try await store.shownStatus(of: task, until: end) {
            status = stored
        } else {
            // Of two that ask at the same time, the first decides for both.
            status = try await store.show(ShownTaskStatus(end: end, json: try await make()), of: task)
        }
        shown.withLock { $0[task] = status }
        return status.json
    }
}
