// The witness's table: one row a log, with the newest checkpoint that was cosigned.

import GRDB

extension SQLiteDatastore {
    static func registerWitnessMigrations(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("witness 1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE witness_logs (
                        origin TEXT PRIMARY KEY NOT NULL,
                        vkey TEXT NOT NULL,
                        size INTEGER,
                        root BLOB,
                        checkpoint BLOB
                    )
                    """)
        }
    }
}
