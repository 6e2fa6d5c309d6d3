import TransparencyLog

/// The root that a `close` fixes: the RFC 6962 tree over a batch's report entries, whole and in log order.
///
/// It is a tree of its own, so that a claim can carry one short path from a leaf to the closed batch, whatever else the
/// log holds in between.
package struct BatchRoot: Sendable {
    private var range = CompactRange()

    package init() {}

    /// Adds the bytes of the next report entry.
    package mutating func append(entry: [UInt8]) {
        append(leafHash: MerkleTree.leafHash(entry))
    }

    /// Adds the next report entry by its leaf hash.
    package mutating func append(leafHash: [UInt8]) {
        range.append(leafHash: leafHash)
    }

    package var root: [UInt8] { range.root }
    package var count: UInt64 { range.size }
}
