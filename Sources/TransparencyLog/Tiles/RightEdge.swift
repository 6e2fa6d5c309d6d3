// The right edge of a tiled tree: its partial tiles, one a level.
//
// Only these tiles ever grow. Together they hold the root of every full subtree that the tree consists of (a level's
// tile covers eight neighbouring powers of two), so the root of the log follows from them alone: the writer keeps its
// edge in memory to append, and a reader who has checked that the edge hashes to a checkpoint's root has a trusted
// parent for every other tile.

struct RightEdge: Sendable, Hashable {
    private(set) var size: UInt64
    /// For each level the hashes of its partial tile, 32 bytes each; empty where the tree has no partial tile.
    private(set) var levels: [[UInt8]]

    /// The edge of the empty tree.
    init() {
        size = 0
        levels = []
    }

    /// An edge from its tiles, one entry for each level of `tiles(size:)`.
    init(size: UInt64, levels: [[UInt8]]) {
        self.size = size
        self.levels = levels
    }

    /// The partial tiles of a tree of this size, from level 0 up; nil for a level without one.
    static func tiles(size: UInt64) -> [Tile?] {
        let levelCount = (64 - size.leadingZeroBitCount + 7) / 8
        return (0..<levelCount).map { level in
            Tile.hashes(level: level, index: (size >> UInt64(8 * level)) / 256, size: size)
        }
    }

    /// The root hash of the tree.
    var root: [UInt8] {
        var subtrees: [[UInt8]] = []
        for hashes in levels.reversed() {
            let width = hashes.count / MerkleTree.hashSize
            for subtree in MerkleTree.subtrees(of: 0..<UInt64(width)) {
                subtrees.append(RightEdge.root(of: subtree, in: hashes))
            }
        }
        return MerkleTree.fold(subtrees)
    }

    var head: TreeHead {
        TreeHead(size: size, root: root)
    }

    /// Appends one leaf and calls `filled` with every tile that it completes, from level 0 up.
    mutating func append<Failure: Error>(
        leafHash: [UInt8], filled: (Tile, [UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        var hash = leafHash
        var level = 0
        while true {
            if level == levels.count { levels.append([]) }
            levels[level] += hash
            guard levels[level].count == Tile.fullWidth * MerkleTree.hashSize else { break }
            let index = (size >> UInt64(8 * level)) / 256
            try filled(Tile(.hashes(level: level), index: index), levels[level])
            hash = MerkleTree.fullSubtreeRoot(levels[level][...])
            levels[level] = []
            level += 1
        }
        size += 1
    }

    /// The root of a subtree of a tile, in the tile's own coordinates: level 0 is the tile's hashes.
    static func root(of subtree: Subtree, in hashes: [UInt8]) -> [UInt8] {
        let length = MerkleTree.hashSize << subtree.level
        let start = Int(subtree.index) * length
        return MerkleTree.fullSubtreeRoot(hashes[start..<start + length])
    }
}
