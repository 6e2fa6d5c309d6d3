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

    /// Ends all connections once what is under way has ended; the engine must not be used afterwards. Blocks its thread.
    func close() throws(DatastoreError)
}
