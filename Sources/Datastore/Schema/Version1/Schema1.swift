// Schema 1, as the versions before had it: a list of migrations, whose names a database has in `grdb_migrations`. It is kept
// so that a database of any of them can be brought to the end of the list, from where FromSchema1.swift goes on. What a
// migration says is never changed: databases that were made by it exist.

import GRDB

/// The tables of schema 1. SQLite only.
package enum Schema1 {
    /// Its migrations, in the order in which they are carried out, each in a transaction of its own.
    package static var migrator: DatabaseMigrator {
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
    static var names: Set<String> { Set(migrator.migrations) }
}
