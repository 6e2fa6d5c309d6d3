extension SQLiteEngine {
    /// Which tables the file has.
    static func look(_ session: Session) throws -> SchemaVersion.Findings {
        let tables = try session.rows("SELECT name FROM sqlite_master WHERE type = 'table'").map { try $0.text("name") }
        var found = SchemaVersion.Findings(tables: Set(tables.filter { !$0.hasPrefix("sqlite_") }))
        if found.tables.contains(SchemaVersion.table) {
            found.version = try session.integer("SELECT version FROM \(SchemaVersion.table)")
        }
        if found.tables.contains(SchemaVersion.migrations) {
            let migrations = try session.rows("SELECT identifier FROM \(SchemaVersion.migrations)")
            found.migrations = Set(try migrations.map { try $0.text("identifier") })
        }
        return found
    }
}
