import Crypto
import Encodings
import TaskTypes

/// Long vectors (aggregate shares, models, results) live beside the tiles, named by their hash; entries stay small.
///
/// A blob is part of the log's data: who cannot get one says 'unverified', never 'fine'.
package enum Blob {
    /// The largest blob that we fetch: an aggregate share of 2^22 coordinates of 24 bytes, and some room.
    package static let maximumSize = 128 << 20

    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: bytes))
    }

    /// The path of a blob below the log's prefix.
    package static func path(hash: [UInt8]) -> String {
        "blob/" + Hex.encode(hash)
    }

    /// Aggregates are hashed and stored as u128 integers, little-endian, one after the other; negative ones in two's
    /// complement.
    package static func encode(_ result: AggregateValue) -> [UInt8] {
        let values =
            switch result {
            case .integer(let value): [value]
            case .vector(let values): values
            case .signedVector(let values): values.map { UInt128(truncatingIfNeeded: $0) }
            }
        return values.flatMap { value in (0..<16).map { UInt8(truncatingIfNeeded: value >> (8 * UInt128($0))) } }
    }
}
