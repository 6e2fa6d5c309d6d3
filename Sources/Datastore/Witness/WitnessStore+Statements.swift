// The witness's memory. The comparison with the previous size and the replacement are one statement, so that two
// requests at once cannot roll it back.

extension NodeDatabase: WitnessStore {
    package func trustLog(origin: String, vkey: String) async throws(DatastoreError) {
        try await write { session in
            try session.execute(
                "INSERT INTO witness_logs (origin, vkey) VALUES ($1, $2) ON CONFLICT (origin) DO NOTHING",
                [origin, vkey])
            let known = try session.first("SELECT vkey FROM witness_logs WHERE origin = $1", [origin])?.text("vkey")
            guard known?.utf8.elementsEqual(vkey.utf8) == true else {
                throw DatastoreError.conflict("log \(origin) is known under another key: \(known ?? "none")")
            }
        }
    }

    package func witnessedLog(origin: String) async throws(DatastoreError) -> WitnessedLog? {
        try await read { session in
            try session.first("SELECT * FROM witness_logs WHERE origin = $1", [origin]).map(Self.witnessed)
        }
    }

    package func witnessedLogs() async throws(DatastoreError) -> [WitnessedLog] {
        try await read { session in
            try session.rows("SELECT * FROM witness_logs ORDER BY origin").map(Self.witnessed)
        }
    }

    package func advanceWitness(
        origin: String, previous: UInt64?, to checkpoint: WitnessedCheckpoint
    ) async throws(DatastoreError) -> Bool {
        let size = try checkpoint.size.stored("checkpoint size")
        let before = try previous.map { size throws(DatastoreError) in try size.stored("checkpoint size") }
        return try await write { session in
            // The first checkpoint's case compares null with null.
            let changed = try session.execute(
                """
                UPDATE witness_logs SET size = $1, root = $2, checkpoint = $3
                WHERE origin = $4 AND size IS NOT DISTINCT FROM $5
                """,
                [size, checkpoint.root.blob, checkpoint.note.blob, origin, before])
            guard changed == 1 else { return false }
            try session.countGeneration()
            return true
        }
    }

    package func renewWitnessNote(
        origin: String, from note: [UInt8], to renewed: [UInt8]
    ) async throws(DatastoreError) -> Bool {
        try await write { session in
            try session.execute(
                "UPDATE witness_logs SET checkpoint = $1 WHERE origin = $2 AND checkpoint = $3",
                [renewed.blob, origin, note.blob]) == 1
        }
    }

    private static func witnessed(_ row: SQLRow) throws -> WitnessedLog {
        let latest: WitnessedCheckpoint? =
            if let size = try row.optionalUnsigned("size") {
                WitnessedCheckpoint(size: size, root: try row.bytes("root"), note: try row.bytes("checkpoint"))
            } else { nil }
        return WitnessedLog(origin: try row.text("origin"), vkey: try row.text("vkey"), latest: latest)
    }
}
