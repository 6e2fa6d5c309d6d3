// The request of an aggregation job that waits, sealed under a key of its own.
//
// Why: it has the helper's input shares, sealed by the clients to the node's HPKE key, which the node has for as long as it
// lives. When the job ends its pieces are deleted, but an engine leaves copies of deleted rows in free pages, dead rows and
// write-ahead logs; whoever had those and the node's key could open shares of a batch that was collected long ago. So what
// is written is sealed under a random key, which is overwritten when the job ends (ShareKey.swift says why that is enough).
//
// The keys are rows of share_keys that no task has: there is one for each job that waits, and who needs one takes a row
// that is free before it makes another, so that there are never more than once waited together.

import Crypto
import DAP

extension Session {
    /// Which of share_keys have the key of a request, and what stands in `ref`.
    private static let requestKeys = "task = 0 AND kind = 2"
    private static let isFree = "ref = 0"

    /// Stores the request of a job whose row is written in this transaction.
    ///
    /// - Returns: the number of its key, for that row.
    func storeRequest(_ request: [UInt8], of job: AggregationJobID, _ task: TaskKey) throws -> Int64 {
        let key = try requestKey()
        try executeMany(
            "INSERT INTO helper_job_requests (task, job_id, part, bytes) VALUES ($1, $2, $3, $4)",
            try Self.parts(of: request).enumerated().map { part, piece in
                [task, job.blob, part, try key.seal(piece, of: Self.owner(job, part)).blob]
            })
        return key.number
    }

    /// The request of a job that waits.
    ///
    /// - Parameters:
    ///   - key: the number of its key.
    ///   - bytes: its length.
    /// - Throws: `.corrupt` where not all of it is there.
    func request(of job: AggregationJobID, _ task: TaskKey, key number: Int64, bytes: Int) throws -> [UInt8] {
        guard let key = try shareKeys([number])[number] else {
            throw DatastoreError.corrupt("the key of a stored aggregation job is gone")
        }
        var request: [UInt8] = []
        request.reserveCapacity(bytes)
        var part = 0
        try forEach(
            "SELECT bytes FROM helper_job_requests WHERE task = $1 AND job_id = $2 ORDER BY part", [task, job.blob]
        ) {
            request += try key.open($0.bytes("bytes"), of: Self.owner(job, part))
            part += 1
        }
        guard request.count == bytes else {
            throw DatastoreError.corrupt("the request of a stored aggregation job is not whole")
        }
        return request
    }

    /// Deletes the request of a job that waits no more, and destroys its key: copies of it cannot be read any more.
    func deleteRequest(of job: AggregationJobID, _ task: TaskKey, key: Int64) throws {
        try execute("DELETE FROM helper_job_requests WHERE task = $1 AND job_id = $2", [task, job.blob])
        let destroyed = try execute(
            "UPDATE share_keys SET ref = 0, secret = $2 WHERE share_key = $1 AND \(Self.requestKeys)",
            [key, ShareKey.destroyed.blob])
        if destroyed > 0 { try markScrubDue() }
    }

    /// What a piece is sealed for: it is no other job's, and in no other place.
    private static func owner(_ job: AggregationJobID, _ part: Int) -> [UInt8] {
        job.bytes + (0..<8).map { UInt8(truncatingIfNeeded: part >> (8 * (7 - $0))) }
    }

    private func requestKey() throws -> ShareKey {
        let secret = ShareKey.newSecret()
        // Both numbers of `ref` take the same room in a row, so it is overwritten where it lies.
        let free = try returningMany(
            """
            UPDATE share_keys SET ref = 1, secret = $1 WHERE share_key = (
                SELECT share_key FROM share_keys WHERE \(Self.requestKeys) AND \(Self.isFree) LIMIT 1\(dialect.skipLocked)
            ) RETURNING share_key
            """, [[secret.blob]])[0]
        let number =
            try free?.integer("share_key")
            ?? insert(
                "INSERT INTO share_keys (task, kind, ref, secret) VALUES (0, 2, 1, $1) RETURNING share_key",
                [secret.blob])
        return try ShareKey(number: number, secret: secret)
    }
}
