/// Which tables a database has, and what that asks for. Pure.
///
/// A node's database says its version in `cairn_schema`. Schema 1, which had no such table, is known by the names of the
/// migrations that made it. Anything else that has tables is somebody else's, and is left alone.
enum SchemaVersion {
    /// The version that this program reads and writes.
    static let current: Int64 = 6

    /// What a look at a database finds.
    struct Findings: Sendable, Equatable {
        /// The names of all tables.
        var tables: Set<String>
        /// The row of `cairn_schema`, where there is that table.
        var version: Int64?
        /// The migrations of schema 1 that were carried out (`grdb_migrations`).
        var migrations: Set<String> = []
    }

    enum Step: Sendable, Equatable {
        /// There are no tables: make them.
        case create
        /// Everything is as this program wants it.
        case none
        /// Tables like these, but for what has been added since: see ``SchemaAdditions``.
        case add(since: Int64)
        /// A database of schema 1, perhaps of an older program that did not know all of its migrations.
        case fromSchema1
    }

    /// - Parameter schema1: the names of all migrations of schema 1.
    /// - Throws: `.unsuitable` for a database that this program must not touch.
    static func step(for found: Findings, schema1: Set<String>) throws(DatastoreError) -> Step {
        if found.tables.contains(table) {
            guard let version = found.version else { throw .corrupt("\(table) is empty") }
            guard version <= current else { throw newer("schema \(version)") }
            guard version >= SchemaAdditions.oldest else {
                throw .corrupt("\(table) says \(version), which no cairn has written")
            }
            // A copy that was put back in part, by tools that stop at the first error and say so where nobody looks.
            let missing = SchemaAdditions.tables(of: version).filter { !found.tables.contains($0) }
            guard missing.isEmpty else {
                throw .corrupt(
                    "it lacks \(missing.prefix(3).joined(separator: ", ")), tables of a node: put back the whole of it")
            }
            return version == current ? .none : .add(since: version)
        }
        if found.tables.isEmpty { return .create }
        if let unknown = found.migrations.subtracting(schema1).min(), !found.migrations.isDisjoint(with: schema1) {
            throw newer("'\(unknown)'")
        }
        // A first start that was killed before its first migration leaves their table, empty, behind.
        let isFirstStart = found.tables == [migrations] && found.migrations.isEmpty
        if isFirstStart || !found.migrations.isDisjoint(with: schema1) { return .fromSchema1 }
        let some = found.tables.sorted().prefix(3).joined(separator: ", ")
        throw .unsuitable(
            "the database belongs to another program (it has the tables \(some)): give the node one of its own")
    }

    /// For somebody who only looks at a database: it has to be as this program wants it, since nothing in it may be changed.
    ///
    /// - Throws: `.unsuitable` for one of an older version, `.unavailable` for one that has no tables yet, and what
    ///   ``step(for:schema1:)`` throws.
    static func requireCurrent(_ found: Findings, schema1: Set<String>) throws(DatastoreError) {
        switch try step(for: found, schema1: schema1) {
        case .none: return
        case .create: throw .unavailable(neverStarted)
        case .add(let version): throw older(version)
        case .fromSchema1: throw older(1)
        }
    }

    static let neverStarted = "it has no tables of a node: the node was never started, and no task was added"

    private static func older(_ version: Int64) -> DatastoreError {
        .unsuitable(
            "the database is of an older version of cairn (schema \(version), and this one reads schema \(current)), and "
                + "a command that only looks does not change it: start the node, which brings it up to date")
    }

    private static func newer(_ what: String) -> DatastoreError {
        .unsuitable(
            "the database was written by a newer cairn (it has \(what), and this one knows schema \(current)): "
                + "use that version or a later one")
    }

    static let table = "cairn_schema"
    static let migrations = "grdb_migrations"

    /// What makes the table of the version.
    static let definition = "CREATE TABLE \(table) (id BIGINT PRIMARY KEY CHECK (id = 1), version BIGINT NOT NULL)"
    static let record = "INSERT INTO \(table) (id, version) VALUES (1, \(current))"
}
