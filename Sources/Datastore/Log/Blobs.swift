// Blobs: the long vectors that entries and statements name by their hash (`Ledger.Blob`), public and never changed.
//
// They lie in the database, so that whoever of a node's processes is asked has them, and each is stored by the transaction that
// first names it: an aggregate share together with the destruction of the keys that it could be made from again. A blob lies in
// parts, which are inserted and never changed; whoever sees the first of them sees all.

import Ledger

/// A blob with its name.
package struct NamedBlob: Sendable, Equatable {
    package let hash: [UInt8]
    package let bytes: [UInt8]

    /// - Precondition: there is at least one byte.
    package init(_ bytes: [UInt8]) {
        hash = Blob.hash(bytes)
        self.bytes = bytes
    }
}

/// A part of a blob, and how many bytes the whole has.
package struct BlobPart: Sendable, Equatable {
    package var bytes: [UInt8]
    package var size: Int

    package init(bytes: [UInt8], size: Int) {
        self.bytes = bytes
        self.size = size
    }
}

package protocol BlobStore: Sendable {
    /// The part of that number, from 0 on; nil where there is no such part, or no blob of that hash.
    func blobPart(_ number: Int, of hash: [UInt8]) async throws(DatastoreError) -> BlobPart?

    /// Keeps a blob; nothing where it is there.
    func keepBlob(_ blob: NamedBlob) async throws(DatastoreError)

    /// The hashes of all blobs that follow `hash` in their order, at most so many.
    func blobHashes(after hash: [UInt8], limit: Int) async throws(DatastoreError) -> [[UInt8]]
}

extension BlobStore {
    /// The hashes of all blobs.
    package func allBlobHashes() async throws(DatastoreError) -> Set<[UInt8]> {
        var hashes: Set<[UInt8]> = []
        var last: [UInt8] = []
        while true {
            let next = try await blobHashes(after: last, limit: 1_000)
            guard let end = next.last else { return hashes }
            hashes.formUnion(next)
            last = end
        }
    }

    /// The whole of a blob; nil where there is none.
    package func blob(_ hash: [UInt8]) async throws(DatastoreError) -> [UInt8]? {
        guard let first = try await blobPart(0, of: hash) else { return nil }
        var bytes = first.bytes
        bytes.reserveCapacity(first.size)
        var number = 1
        while bytes.count < first.size {
            guard let next = try await blobPart(number, of: hash) else {
                throw .corrupt("a part of a blob is missing")
            }
            bytes += next.bytes
            number += 1
        }
        return bytes
    }
}

extension NodeDatabase: BlobStore {
    package func blobPart(_ number: Int, of hash: [UInt8]) async throws(DatastoreError) -> BlobPart? {
        try await read { session in
            try session.first("SELECT bytes, size FROM blobs WHERE hash = $1 AND part = $2", [hash.blob, number]).map {
                BlobPart(bytes: try $0.bytes("bytes"), size: Int(try $0.integer("size")))
            }
        }
    }

    package func keepBlob(_ blob: NamedBlob) async throws(DatastoreError) {
        try await write { session in try session.keep([blob]) }
    }

    package func blobHashes(after hash: [UInt8], limit: Int) async throws(DatastoreError) -> [[UInt8]] {
        try await read { session in
            try session.rows(
                "SELECT hash FROM blobs WHERE part = 0 AND hash > $1 ORDER BY hash LIMIT $2", [hash.blob, limit]
            ).map { try $0.bytes("hash") }
        }
    }
}

extension Session {
    /// Of one part: what somebody costs who asks for a blob and takes nothing.
    private static var blobPartBytes: Int { 256 << 10 }

    /// Keeps blobs, in the caller's transaction, a part at a time: there is no second copy of a whole one. Those that are there
    /// stay.
    func keep(_ blobs: [NamedBlob]) throws {
        // In one order: of two transactions with the same blobs one waits for the other.
        for blob in blobs.sorted(by: { $0.hash.lexicographicallyPrecedes($1.hash) }) { try keep(blob) }
    }

    private func keep(_ blob: NamedBlob) throws {
        let starts = stride(from: 0, to: blob.bytes.count, by: Self.blobPartBytes)
        for (number, start) in starts.enumerated() {
            let part = Array(blob.bytes[start..<min(start + Self.blobPartBytes, blob.bytes.count)])
            let isNew = try execute(
                """
                INSERT INTO blobs (hash, part, size, bytes) VALUES ($1, $2, $3, $4)
                ON CONFLICT (hash, part) DO NOTHING
                """, [blob.hash.blob, number, blob.bytes.count, part.blob])
            // Whoever has stored its first part has stored all of them.
            guard isNew == 1 else { return }
        }
    }
}
