import DurableFiles
import Foundation
import GRDB

// The tables of a file: made, or brought up from schema 1.

extension SQLiteEngine {
    /// Refuses a file whose tables are not a node's of this version or an older one.
    ///
    /// - Returns: whether the tables will be changed under whoever else has the file open: a node of the version before.
    static func refuseUnsuitable(_ session: Session) throws -> Bool {
        switch try SchemaVersion.step(for: look(session), schema1: Set(Schema1.names)) {
        case .create, .none: false
        case .add, .fromSchema1: true
        }
    }

    /// Refuses a file that would have to be changed before this version can read it.
    ///
    /// - Returns: false: it may be open in a node.
    static func refuseUnlessCurrent(_ session: Session) throws -> Bool {
        try SchemaVersion.requireCurrent(look(session), schema1: Set(Schema1.names))
        return false
    }

    /// Makes the tables of a new file, or brings those of an older version up to date.
    ///
    /// - Returns: what an operator should know about it.
    func prepareTables() throws(DatastoreError) -> [String] {
        do {
            let step = try writeNow { session in
                try Migration.begin(session, dialect, schema1: Set(Schema1.names), look: Self.look)
            }
            guard step == .fromSchema1 else { return [] }
            // A file may be of a version that did not have all of it.
            try Schema1.migrator.migrate(pool)
            let copy = try copyBeforeMigration()
            try migrate()
            return [copy] + (try noteOfFreePages())
        } catch {
            throw .sqlite(error)
        }
    }

    /// Which tables the file has.
    private static func look(_ session: Session) throws -> SchemaVersion.Findings {
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

    /// Copies a file of schema 1 beside itself, whole or not at all. One that is there already stays: it is of the first try.
    private func copyBeforeMigration() throws -> String {
        let copy = "\(pool.path).before-2"
        let words = "version 1 of it is kept in \(copy): delete that file once the node works, it holds shares and keys"
        if access(copy, F_OK) == 0 { return words }
        let unfinished = "\(copy).unfinished"
        unlink(unfinished)
        try Self.createPrivately(unfinished)
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "VACUUM INTO ?", arguments: [unfinished])
        }
        do throws(DurableFileError) { try DurableFile.adopt(unfinished, as: copy, .replacing) } catch {
            throw error.errno == ENOSPC ? DatastoreError.full : .unavailable(error.description)
        }
        return words
    }

    private func migrate() throws {
        try pool.writeWithoutTransaction { database in
            // Neither can be changed in a transaction. Tables are renamed and dropped in an order that no reference survives,
            // and the pages of the former ones, where shares lie open, are overwritten.
            try database.execute(sql: "PRAGMA foreign_keys = OFF; PRAGMA secure_delete = ON")
            defer { try? database.execute(sql: "PRAGMA foreign_keys = ON; PRAGMA secure_delete = FAST") }
            let connection = try SQLiteConnection(database)
            try connection.begin()
            defer { connection.rollBack() }
            try FromSchema1(session: Session(connection)).run()
            try connection.commit()
            try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
    }

    private func noteOfFreePages() throws -> [String] {
        let (free, all) = try pool.read { database in
            (
                try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0,
                try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            )
        }
        guard all > 0, free * 3 > all else { return [] }
        return ["\(free * 100 / all)% of the file is free; what is written next fills it"]
    }
}
