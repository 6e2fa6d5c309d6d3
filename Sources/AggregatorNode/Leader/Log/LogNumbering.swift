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
        guard let lease = try await duty.lease() else { return false }
        let most = NodeDatabase.numberedAtOnce
        do {
            while try await store.numberLogEntries(lease, dueAt: time, limit: most) == most {
                try Task.checkCancellation()
            }
            return true
        } catch DatastoreError.leaseLost {
            await duty.lost(lease)
            return false
        }
    }

    /// Returns when everything that is due has its place, whoever gives it.
    func complete(dueAt time: UInt64) async throws {
        while try await !number(dueAt: time) {
            guard let next = try await store.nextLogEntry(), next <= time else { return }
            try await Task.sleep(for: Self.pause)
        }
    }
}
