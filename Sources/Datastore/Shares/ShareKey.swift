import Crypto
import DAP
import Foundation

/// The key under which the shares of a bucket lie in the database, or the request of a job that waits (StoredRequest.swift).
///
/// Why: a share that is no longer needed must be gone, and neither engine can promise that for a deleted row (copies of it
/// stay in write-ahead logs, in free pages, in rows that wait for a vacuum, in backups). A key of 32 bytes can be
/// overwritten, in one place, and with it goes every share of its bucket at once, however many there are.
///
/// Sealing is AES-256-GCM with a random nonce, so a database that was put back to an older state and goes on with a key that
/// it had given up uses no nonce twice. What a share belongs to is authenticated: a row cannot be given the share of another.
struct ShareKey: Sendable {
    /// The row in share_keys.
    let number: Int64
    private let key: SymmetricKey

    init(number: Int64, secret: [UInt8]) throws {
        guard secret.count == Self.size else { throw DatastoreError.corrupt("the key of a bucket has another size") }
        self.number = number
        key = SymmetricKey(data: secret)
    }

    /// Reads a row of share_keys, or one that is joined with it.
    ///
    /// - Throws: `.corrupt` where the key was destroyed: whatever it had sealed should be gone.
    init(_ row: SQLRow) throws {
        guard let key = try ShareKey(unlessDestroyed: row) else {
            throw DatastoreError.corrupt("the key of a bucket is gone, but not its shares")
        }
        self = key
    }

    fileprivate init?(unlessDestroyed row: SQLRow) throws {
        let secret = try row.bytes("secret")
        if secret == Self.destroyed { return nil }
        try self.init(number: row.integer("share_key"), secret: secret)
    }

    private static let size = 32

    static func newSecret() -> [UInt8] { SymmetricKey(size: .bits256).withUnsafeBytes { [UInt8]($0) } }

    /// By how many bytes sealing makes a share longer: nonce and tag.
    static let overhead = 12 + 16

    /// What stands in the place of a secret that was destroyed.
    static let destroyed = [UInt8](repeating: 0, count: size)

    /// Seals a share, or a piece of a sum.
    ///
    /// - Parameter owner: what it belongs to, such as a report's id.
    func seal(_ share: [UInt8], of owner: [UInt8]) throws -> [UInt8] {
        guard let sealed = try AES.GCM.seal(share, using: key, authenticating: owner).combined else {
            throw DatastoreError.corrupt("a share cannot be sealed")
        }
        return [UInt8](sealed)
    }

    /// Opens what ``seal(_:of:)`` made for the same owner.
    func open(_ sealed: [UInt8], of owner: [UInt8]) throws -> [UInt8] {
        do {
            return [UInt8](try AES.GCM.open(AES.GCM.SealedBox(combined: sealed), using: key, authenticating: owner))
        } catch {
            throw DatastoreError.corrupt("a stored share was changed, or belongs to another report")
        }
    }
}

extension Session {
    /// The key for shares of a bucket that are written now; made where there is none.
    func shareKey(_ task: TaskKey, _ bucket: Bucket) throws -> ShareKey {
        let row = try first(
            """
            SELECT share_key, secret FROM share_keys WHERE task = $1 AND kind = $2 AND ref = $3
            ORDER BY share_key DESC LIMIT 1
            """,
            [task, bucket.kind, bucket.ref])
        if let row, let key = try ShareKey(unlessDestroyed: row) { return key }
        let secret = ShareKey.newSecret()
        let number = try insert(
            "INSERT INTO share_keys (task, kind, ref, secret) VALUES ($1, $2, $3, $4) RETURNING share_key",
            [task, bucket.kind, bucket.ref, secret.blob])
        return try ShareKey(number: number, secret: secret)
    }

    /// The keys of these numbers. One that was destroyed is missing.
    func shareKeys(_ numbers: Set<Int64>) throws -> [Int64: ShareKey] {
        let found = try rows([], matching: numbers.sorted().map(SQLValue.integer)) {
            "SELECT share_key, secret FROM share_keys WHERE share_key IN (\($0))"
        }
        var keys: [Int64: ShareKey] = [:]
        for row in found {
            if let key = try ShareKey(unlessDestroyed: row) { keys[key.number] = key }
        }
        return keys
    }

    /// Destroys the keys of buckets: no share of theirs can be read any more. What is left of them is to be cleaned up once
    /// the transaction has ended (``NodeDatabase/scrubIfDue()``).
    ///
    /// The secret is overwritten, and its row stays. Rows of this table are added at its end and never deleted, so SQLite
    /// moves none from page to page, which would leave a copy behind; and a value of the same size takes the very place of
    /// the former one.
    func destroyShareKeys(_ task: TaskKey, _ buckets: BucketRange) throws {
        let destroyed = try execute(
            """
            UPDATE share_keys SET secret = $5 WHERE task = $1 AND kind = $2 AND ref >= $3 AND ref < $4 AND secret <> $5
            """,
            buckets.arguments(task) + [ShareKey.destroyed.blob])
        if destroyed > 0 { try markScrubDue() }
    }
}
