/// Where a node's state lies: one SQLite file, or a PostgreSQL database that several processes share.
///
/// Both engines speak SQL with one meaning, so every statement of the stores is written once and runs on both. What an
/// engine must promise:
///
/// - ``write(_:)`` is one transaction, durable when it returns; a throw leaves nothing of it. The body is synchronous and
///   **may run again** (a group whose commit failed, a deadlock that the server resolved): it changes nothing but the
///   database, and what it captures.
/// - ``read(_:)`` sees one snapshot.
/// - Transactions that write run at the isolation READ COMMITTED on PostgreSQL and one after the other on SQLite. What
///   keeps rules true on both is ``Session/lock(_:_:)``, which comes first in every write.
package protocol StorageEngine: Sendable {
    /// What the two spell differently, for table definitions.
    var dialect: Dialect { get }

    /// Reads one snapshot.
    func read<T: Sendable>(_ body: @escaping @Sendable (Session) throws -> T) async throws(DatastoreError) -> T

    /// One transaction. Durable when it returns; a throw rolls everything back.
    func write<T: Sendable>(_ body: @escaping @Sendable (Session) throws -> T) async throws(DatastoreError) -> T

    /// Copies the database as it is now into a new SQLite file, while it is in use.
    ///
    /// - Throws: `.unsuitable` where the engine has tools of its own for that.
    func backUp(to path: String) async throws(DatastoreError)

    /// Leaves as few copies as the engine can of rows that were overwritten or deleted: keys of shares, above all. For
    /// after the transaction that destroyed them.
    ///
    /// - Returns: false where somebody who still reads what was there was in the way: it is to be done again later.
    func scrub() async throws(DatastoreError) -> Bool

    /// Makes this process's node the one that works on the database, until the engine is closed.
    ///
    /// - Parameter isShared: together with others that say the same, where the engine can be shared.
    /// - Throws: `.unsuitable` where another process has it.
    func claim(isShared: Bool) async throws(DatastoreError)

    /// Ends the claims of all others that share the database.
    func endOtherClaims() async throws(DatastoreError)

    /// Waits until this process must not use the database any more. For one caller.
    ///
    /// - Returns: why; nil once the engine is closed, or the caller's task cancelled.
    func awaitLoss() async -> String?

    /// Takes the tables out of the way of a new node, and keeps them.
    ///
    /// - Returns: where they are; nil where whoever has the database moves it as a whole, like a file.
    func moveAside() async throws(DatastoreError) -> String?

    /// Ends all connections once what is under way has ended; the engine must not be used afterwards. Blocks its thread.
    func close() throws(DatastoreError)
}

/// An engine that one process alone can reach, and that cannot be lost, needs none of these.
extension StorageEngine {
    package func claim(isShared: Bool) async throws(DatastoreError) {}
    package func endOtherClaims() async throws(DatastoreError) {}
    package func awaitLoss() async -> String? { nil }
    package func moveAside() async throws(DatastoreError) -> String? { nil }
}
