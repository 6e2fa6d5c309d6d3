// The log's table and its checkpoints; the protocol is in LogStore.swift.

import DAP
import Ledger

extension NodeDatabase: LogStore {
    package func logSize() async throws(DatastoreError) -> UInt64 {
        try await read { session in
            guard let head = try session.first("SELECT size FROM log_head") else {
                throw DatastoreError.corrupt("log_head is empty")
            }
            return try head.unsigned("size")
        }
    }

    package func logEntries(from index: UInt64, limit: Int) async throws(DatastoreError) -> [[UInt8]] {
        let first = index.clampedToInt64
        return try await read { session in
            let rows = try session.rows(
                "SELECT idx, bytes FROM log_entries WHERE idx >= $1 ORDER BY idx LIMIT $2", [first, limit])
            return try rows.enumerated().map { offset, row in
                guard try row.integer("idx") == first + Int64(offset) else {
                    throw DatastoreError.corrupt("log entry \(first + Int64(offset)) is missing")
                }
                return try row.bytes("bytes")
            }
        }
    }

    package func submitLogEntry(
        _ entry: [UInt8], blob: NamedBlob? = nil, task: TaskID
    ) async throws(DatastoreError) {
        let hash = Blob.hash(entry)
        try await write { session in
            if let blob { try session.keep([blob]) }
            // The same entry at the same time: the second waits for this row, and finds it.
            let isNew = try session.execute(
                """
                INSERT INTO log_submissions (entry_hash, idx) VALUES ($1, -1) ON CONFLICT (entry_hash) DO NOTHING
                """, [hash.blob])
            guard isNew == 1 else { return }
            try session.queueLogEntries(
                [QueuedEntry(word: .submission, bytes: entry)], of: session.taskKeyMaking(task))
            try session.countGeneration()
        }
    }

    package func submittedLogEntry(_ entry: [UInt8]) async throws(DatastoreError) -> UInt64? {
        let hash = Blob.hash(entry)
        return try await read { session in
            let known = try session.integer("SELECT idx FROM log_submissions WHERE entry_hash = $1", [hash.blob])
            return known.flatMap { $0 < 0 ? nil : UInt64($0) }
        }
    }

    package func recordCheckpoint(_ checkpoint: StoredCheckpoint) async throws(DatastoreError) -> StoredCheckpoint {
        let size = try checkpoint.size.stored("checkpoint size")
        return try await write { session in
            let isNew = try session.execute(
                "INSERT INTO log_checkpoints (size, root, note) VALUES ($1, $2, $3) ON CONFLICT (size) DO NOTHING",
                [size, checkpoint.root.blob, checkpoint.note.blob])
            let present = try session.checkpoint(size, checkpoint.root)
            // With it counts what its tree says for the first time: how which report ended.
            if isNew == 1 { try session.countGeneration() }
            return present
        }
    }

    package func checkpoint(ofSize size: UInt64) async throws(DatastoreError) -> StoredCheckpoint? {
        try await read { session in
            try session.first("SELECT * FROM log_checkpoints WHERE size = $1", [size.clampedToInt64])
                .map(Session.storedCheckpoint)
        }
    }

    package func largestCheckpoint() async throws(DatastoreError) -> StoredCheckpoint? {
        try await read { session in
            try session.first("SELECT * FROM log_checkpoints ORDER BY size DESC LIMIT 1").map(Session.storedCheckpoint)
        }
    }

    package func renewCheckpoint(
        _ checkpoint: StoredCheckpoint, insteadOf former: StoredCheckpoint
    ) async throws(DatastoreError) -> StoredCheckpoint {
        let size = try checkpoint.size.stored("checkpoint size")
        return try await write { session in
            let changed = try session.execute(
                """
                UPDATE log_checkpoints SET note = $1, cosigned_note = NULL
                WHERE size = $2 AND root = $3 AND note = $4
                """, [checkpoint.note.blob, size, checkpoint.root.blob, former.note.blob])
            // A later time of the leader: promises that end before it are judged by it.
            if changed == 1 { try session.countGeneration() }
            return try session.checkpoint(size, checkpoint.root)
        }
    }

    package func recordCosignatures(
        _ cosignedNote: [UInt8], on checkpoint: StoredCheckpoint
    ) async throws(DatastoreError) -> StoredCheckpoint {
        let size = try checkpoint.size.stored("checkpoint size")
        return try await write { session in
            try session.execute(
                """
                UPDATE log_checkpoints SET cosigned_note = $1
                WHERE size = $2 AND note = $3 AND cosigned_note IS NOT DISTINCT FROM $4
                """, [cosignedNote.blob, size, checkpoint.note.blob, checkpoint.cosignedNote?.blob])
            return try session.checkpoint(size, checkpoint.root)
        }
    }

    package func cosignedCheckpoints(
        covering index: UInt64, limit: Int
    ) async throws(DatastoreError) -> [StoredCheckpoint] {
        try await read { session in
            try session.rows(
                """
                SELECT * FROM log_checkpoints WHERE size > $1 AND cosigned_note IS NOT NULL
                ORDER BY size DESC LIMIT $2
                """, [index.clampedToInt64, limit]
            ).map(Session.storedCheckpoint)
        }
    }
}

extension Session {
    /// What is stored for a size, which has to be of that root.
    fileprivate func checkpoint(_ size: Int64, _ root: [UInt8]) throws -> StoredCheckpoint {
        let row = try first("SELECT * FROM log_checkpoints WHERE size = $1", [size])
        guard let present = try row.map(Self.storedCheckpoint), present.root == root else {
            throw DatastoreError.conflict("another root was signed for log size \(size)")
        }
        return present
    }

    fileprivate static func storedCheckpoint(_ row: SQLRow) throws -> StoredCheckpoint {
        StoredCheckpoint(
            size: try row.unsigned("size"), root: try row.bytes("root"), note: try row.bytes("note"),
            cosignedNote: try row.optionalBytes("cosigned_note"))
    }
}
