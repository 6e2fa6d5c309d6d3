import Datastore
import Ledger

/// Gives what is due its place in the log. Of several processes of a node, the one that has the duty does; each of them makes tiles
/// and checkpoints of what has its place.
struct LogNumbering: Sendable {
    let store: NodeDatabase
    let duty: LogDuty

    /// How often it is looked whether another process has numbered what is due.
    private static let pause: Duration = .milliseconds(100)

    /// - Parameter time: POSIX seconds.
    /// - Returns: false where another process has the duty.
    @discardableResult
    func number(dueAt time: UInt64) async throws -> Bool {
        let most = NodeDatabase.numberedAtOnce
        while let lease = try await duty.lease() {
            do {
                if try await store.numberLogEntries(lease, dueAt: time, limit: most) < most { return true }
            } catch DatastoreError.leaseLost {
                await duty.lost(lease)
                return false
            }
            try Task.checkCancellation()
        }
        return false
    }

    /// Returns when everything that is due at the call has its place, whoever gives it.
    func complete(dueAt time: UInt64) async throws {
        guard try await !number(dueAt: time), let last = try await store.lastQueuedEntry() else { return }
        while try await store.hasDueEntry(at: time, upTo: last) {
            if try await number(dueAt: time) { return }
            try await Task.sleep(for: Self.pause)
        }
    }
}
