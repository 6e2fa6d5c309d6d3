// A database whose node has ended (PostgreSQLEngine.swift).
extension PostgreSQLEngine {
    /// Moves the tables into a schema of their own, all or none.
    ///
    /// - Returns: the schema's name.
    package func moveAside() async throws(DatastoreError) -> String? {
        try await write { session in
            try session.lock(.schema, .exclusive)
            var number = 1
            while try session.exists("SELECT 1 FROM pg_namespace WHERE nspname = $1", ["cairn_ended_\(number)"]) {
                number += 1
            }
            let schema = "cairn_ended_\(number)"
            let tables = try session.rows(
                "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
            )
            try session.execute("CREATE SCHEMA \(schema)")
            let ours = Set(Tables.names + [SchemaVersion.table])
            for table in try tables.map({ try $0.text("name") }) where ours.contains(table) {
                try session.execute("ALTER TABLE \(table) SET SCHEMA \(schema)")
            }
            return schema
        }
    }
}
