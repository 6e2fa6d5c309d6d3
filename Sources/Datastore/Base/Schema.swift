import GRDB

/// The tables of all stores. A node has one role, but both roles' tables exist in every file: they are cheap when
/// empty, and one migration path is easier to trust than two.
enum Schema {
    /// Migrations are applied in the order of registration, each once, each in its own transaction.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        SQLiteDatastore.registerTaskMigrations(&migrator)
        SQLiteDatastore.registerLogMigrations(&migrator)
        SQLiteDatastore.registerLeaderMigrations(&migrator)
        SQLiteDatastore.registerHelperMigrations(&migrator)
        SQLiteDatastore.registerWitnessMigrations(&migrator)
        SQLiteDatastore.registerNodeStateMigrations(&migrator)
        SQLiteDatastore.registerTaskServiceMigrations(&migrator)
        SQLiteDatastore.registerStandingMigrations(&migrator)
        return migrator
    }
}
