// Schema 1, as the versions before had it: a list of migrations, whose names a database has in `grdb_migrations`. It is kept
// so that a database of any of them can be brought to the end of the list, from where FromSchema1.swift goes on. What a
// migration says is never changed: databases that were made by it exist.

import GRDB

/// The tables of schema 1. SQLite only.
package enum Schema1 {
    /// Its migrations, in the order in which they are carried out, each in a transaction of its own.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        registerTaskMigrations(&migrator)
        registerLogMigrations(&migrator)
        registerLeaderMigrations(&migrator)
        registerHelperMigrations(&migrator)
        registerWitnessMigrations(&migrator)
        registerNodeStateMigrations(&migrator)
        registerTaskServiceMigrations(&migrator)
        registerStandingMigrations(&migrator)
        return migrator
    }

    /// The names of all of them.
    package static var names: [String] { migrator.migrations }

    /// Makes a file of schema 1, as the versions before did.
    ///
    /// - Parameter last: the last of the migrations that are carried out; nil for all.
    package static func makeFile(_ path: String, upTo last: String? = nil) throws(DatastoreError) {
        do {
            let queue = try DatabaseQueue(path: path)
            // Nobody waits for the disk with a file that was not there.
            try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = OFF") }
            try migrator.migrate(queue, upTo: last ?? names[names.count - 1])
            try queue.close()
        } catch {
            throw .sqlite(error)
        }
    }
}
