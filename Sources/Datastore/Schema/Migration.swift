/// Brings the tables of a database to ``SchemaVersion/current``.
enum Migration {
    /// Looks at a database, makes the tables of an empty one and adds what a former one lacks, all in the caller's
    /// transaction: of several processes that start on a database at once, one changes it and the others find it changed.
    ///
    /// - Parameters:
    ///   - schema1: the migrations of schema 1, where the engine has ever had them.
    ///   - look: what tables there are; the engine knows where it is written.
    /// - Returns: what was to be done. A step from schema 1 is left to the caller: it is the engine's.
    /// - Throws: `.unsuitable` for a database that this program must not touch.
    static func begin(
        _ session: Session, _ dialect: Dialect, schema1: Set<String> = [],
        look: (Session) throws -> SchemaVersion.Findings
    ) throws -> SchemaVersion.Step {
        try session.lock(.schema, .exclusive)
        let step = try SchemaVersion.step(for: look(session), schema1: schema1)
        switch step {
        case .create: try makeTables(session, dialect)
        case .add(let version): try addTables(since: version, session, dialect)
        case .none, .fromSchema1: break
        }
        return step
    }

    private static func addTables(since version: Int64, _ session: Session, _ dialect: Dialect) throws {
        for statement in SchemaAdditions.statements(since: version, dialect) { try session.execute(statement) }
        try session.execute("UPDATE \(SchemaVersion.table) SET version = $1", [SchemaVersion.current])
    }

    /// Makes all tables, and says their version.
    static func makeTables(_ session: Session, _ dialect: Dialect) throws {
        for statement in Tables.definitions(dialect) { try session.execute(statement) }
        try session.execute(SchemaVersion.definition)
        try session.execute(SchemaVersion.record)
    }
}
