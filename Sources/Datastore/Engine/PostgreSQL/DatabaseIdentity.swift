/// Which database it is, whatever the name says under which it is reached.
///
/// A name, an address or a list of hosts may lead to another server from one connection to the next: to a standby that has
/// taken over, and may lack what its primary had acknowledged, or to a primary that has not heard that it is none any more.
package struct DatabaseIdentity: Sendable, Equatable {
    /// The number that a server got when it was made, and that its standbys have, too. Nil where the user may not ask.
    package var system: String?
    /// The line of history that the server writes: another one with every standby that takes over. Nil where the user may
    /// not ask.
    package var timeline: String?
    /// The database's number in its server: another one for a database that was dropped and made again.
    package var database: String

    package init(system: String?, timeline: String?, database: String) {
        self.system = system
        self.timeline = timeline
        self.database = database
    }

    /// What is wrong with a connection that should lead to this database, for an operator; nil if it does. What only one of
    /// the two knows is no difference: the right to ask can be granted and taken away while a node runs.
    package func difference(_ found: DatabaseIdentity) -> String? {
        func differ(_ part: KeyPath<DatabaseIdentity, String?>) -> Bool {
            guard let mine = self[keyPath: part], let other = found[keyPath: part] else { return false }
            return mine != other
        }
        if differ(\.system) {
            return
                "the database's name leads to another server now, which never was a copy of the one before: see that "
                + "it leads to the right one, and restart the node"
        }
        guard found.database == database else {
            return
                "another database has the place of the one that the node was started with: see that it is the right "
                + "one, and restart the node"
        }
        guard differ(\.timeline) else { return nil }
        return "another database server has taken over: restart the node, which then checks that nothing is lost"
    }

    /// What an operator should hear where not all of it can be asked.
    var warning: String? {
        let missing = [system == nil ? "pg_control_system()" : nil, timeline == nil ? "pg_walfile_name(pg_lsn)" : nil]
            .compactMap(\.self)
        guard !missing.isEmpty else { return nil }
        return "the database's user may not execute \(missing.joined(separator: " and ")), so the node cannot tell "
            + "whether another server takes over while it runs: GRANT EXECUTE, and restart the node"
    }
}

extension PostgreSQLConnection {
    /// Asks which database this is. Every user may by default; where somebody has taken that away, that part is missing.
    func askIdentity() throws -> DatabaseIdentity {
        let rights = try run(
            """
            SELECT has_function_privilege('pg_control_system()', 'EXECUTE')::text,
                (has_function_privilege('pg_walfile_name(pg_lsn)', 'EXECUTE')
                    AND has_function_privilege('pg_current_wal_lsn()', 'EXECUTE'))::text
            """)
        func answer(_ column: Int32, _ sql: String) throws -> String? {
            guard rights.text(row: 0, column: column) == "true" else { return nil }
            return try run(sql).text(row: 0, column: 0)
        }
        return DatabaseIdentity(
            system: try answer(0, "SELECT system_identifier::text FROM pg_control_system()"),
            // The line of the last checkpoint would lag behind.
            timeline: try answer(1, "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"),
            database: try run("SELECT oid::text FROM pg_database WHERE datname = current_database()")
                .text(row: 0, column: 0) ?? "")
    }
}
