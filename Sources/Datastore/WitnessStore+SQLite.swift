// The witness's memory. The comparison with the previous size and the replacement are one statement, so that two
// requests at once cannot roll it back.

import GRDB

extension SQLiteDatastore: WitnessStore {
    package func trustLog(origin: String, vkey: String) async throws(DatastoreError) {
        try await write { db in
            try db.execute(
                sql: "INSERT INTO witness_logs (origin, vkey) VALUES (?, ?) ON CONFLICT (origin) DO NOTHING",
                arguments: [origin, vkey])
            let known = try String.fetchOne(
                db, sql: "SELECT vkey FROM witness_logs WHERE origin = ?", arguments: [origin])
            guard known == vkey else {
                throw DatastoreError.conflict("log \(origin) is known under another key: \(known ?? "none")")
            }
        }
    }

    package func witnessedLog(origin: String) async throws(DatastoreError) -> WitnessedLog? {
        try await read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM witness_logs WHERE origin = ?", arguments: [origin]).map(
                Self.witnessed)
        }
    }

    package func witnessedLogs() async throws(DatastoreError) -> [WitnessedLog] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM witness_logs ORDER BY origin").map(Self.witnessed)
        }
    }

    package func advanceWitness(
        origin: String, previous: UInt64?, to checkpoint: WitnessedCheckpoint
    ) async throws(DatastoreError) -> Bool {
        let size = try checkpoint.size.stored("checkpoint size")
        let before = try previous.map { size throws(DatastoreError) in try size.stored("checkpoint size") }
        return try await write { db in
            // IS compares NULL with NULL, which is the first checkpoint's case.
            try db.execute(
                sql: "UPDATE witness_logs SET size = ?, root = ?, checkpoint = ? WHERE origin = ? AND size IS ?",
                arguments: [size, checkpoint.root.blob, checkpoint.note.blob, origin, before])
            guard db.changesCount == 1 else { return false }
            try Self.countGeneration(db)
            return true
        }
    }

    package func renewWitnessNote(
        origin: String, from note: [UInt8], to renewed: [UInt8]
    ) async throws(DatastoreError) -> Bool {
        try await write { db in
            try db.execute(
                sql: "UPDATE witness_logs SET checkpoint = ? WHERE origin = ? AND checkpoint = ?",
                arguments: [renewed.blob, origin, note.blob])
            return db.changesCount == 1
        }
    }

    private static func witnessed(_ row: Row) throws -> WitnessedLog {
        guard let origin: String = row["origin"], let vkey: String = row["vkey"] else {
            throw DatastoreError.corrupt("witness_logs has a row without origin or vkey")
        }
        let latest: WitnessedCheckpoint? =
            if let size = try row.optionalUnsigned("size") {
                WitnessedCheckpoint(size: size, root: try row.bytes("root"), note: try row.bytes("checkpoint"))
            } else { nil }
        return WitnessedLog(origin: origin, vkey: vkey, latest: latest)
    }
}
