// Tables of a new database (Schema/), made by one process at a time.
extension PostgreSQLEngine {
    func migrate(for purpose: OpeningPurpose) throws {
        if purpose == .looking {
            return try runReading { session in
                try SchemaVersion.requireCurrent(Self.look(session).findings, schema1: [])
            }
        }
        try runWriting { session in
            let step = try Migration.begin(session, .postgreSQL) { session in
                let (found, hasMarks) = try Self.look(session)
                guard purpose == .making || found.tables.contains(SchemaVersion.table) else {
                    throw DatastoreError.unavailable(SchemaVersion.neverStarted)
                }
                if let version = found.version, version < SchemaVersion.current {
                    try Self.requireNobodyAtWork(session)
                }
                try Self.prepareMarks(session, exist: hasMarks)
                return found
            }
            switch step {
            case .none: break
            case .create, .add:
                // First what sets back how a column is stored.
                try Self.keepKeysOutOfStatistics(session)
                try Self.storeBlobsPlainly(session)
            case .fromSchema1:
                throw DatastoreError.corrupt("a PostgreSQL database never had schema 1")
            }
        }
    }

    /// Which tables the database has, and whether it has that of the marks, which is the engine's own.
    private static func look(_ session: Session) throws -> (findings: SchemaVersion.Findings, hasMarks: Bool) {
        guard let schema = try session.first("SELECT current_schema()::text AS name")?.optionalText("name") else {
            throw DatastoreError.unsuitable(
                "the database has no schema for the node's tables: create one that is in the user's search_path")
        }
        let tables = Set(
            try session.rows("SELECT tablename FROM pg_tables WHERE schemaname = $1", [schema])
                .map { try $0.text("tablename") })
        let version =
            tables.contains(SchemaVersion.table)
            ? try session.integer("SELECT version FROM \(SchemaVersion.table)") : nil
        return (
            SchemaVersion.Findings(tables: tables.subtracting([CommitMark.table]), version: version),
            tables.contains(CommitMark.table)
        )
    }

    /// A node of a former version counts in its way for as long as it runs, and would go on so in the new tables. Its claim is
    /// in the way of this one, which ends with the transaction.
    ///
    /// - Throws: `.unsuitable` where one runs.
    private static func requireNobodyAtWork(_ session: Session) throws {
        let claimed = try session.first(
            "SELECT pg_try_advisory_xact_lock(\(StorageLock.claimKey), 0)::text AS is_free")
        guard try claimed?.text("is_free") == "true" else {
            throw DatastoreError.unsuitable(
                "a node of a former version runs on this database, whose tables this one would change: stop it first")
        }
    }

    /// The table by which commits are recognized is the engine's own.
    private static func prepareMarks(_ session: Session, exist: Bool) throws {
        if !exist { try session.execute(CommitMark.definition) }
        try session.execute(CommitMark.cleaning)
    }

    /// To plan by, the server copies values into a table of its own, and nobody can destroy them there. What it has of former
    /// times it drops with the column's type, the same one again: the rows of the table stay as they are.
    private static func keepKeysOutOfStatistics(_ session: Session) throws {
        try session.execute("ALTER TABLE share_keys ALTER COLUMN secret TYPE BYTEA")
        try session.execute("ALTER TABLE share_keys ALTER COLUMN secret SET STATISTICS 0")
    }

    /// Bytes are ciphertexts, shares, hashes and signatures: to try to compress them costs time and gains nothing.
    private static func storeBlobsPlainly(_ session: Session) throws {
        let columns = try session.rows(
            """
            SELECT quote_ident(c.relname) AS relation, quote_ident(a.attname) AS attribute FROM pg_attribute a
            JOIN pg_class c ON c.oid = a.attrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = current_schema() AND c.relkind = 'r' AND a.atttypid = 'bytea'::regtype
                AND a.attnum > 0 AND NOT a.attisdropped
            """)
        for column in columns {
            let (table, name) = try (column.text("relation"), column.text("attribute"))
            try session.execute("ALTER TABLE \(table) ALTER COLUMN \(name) SET STORAGE EXTERNAL")
        }
    }
}
