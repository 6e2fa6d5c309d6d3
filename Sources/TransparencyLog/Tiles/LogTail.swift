// The part of a log's files that will still change: what a writer keeps in memory between appends.

import DurableFiles

/// The partial tiles of a growing log and the entries of its last, partial bundle.
struct LogTail: Sendable {
    private(set) var edge = RightEdge()
    /// The entries behind the last full bundle, as a bundle.
    private var bundle: [UInt8] = []

    /// Appends one entry, adding every file that it completes to `changes`.
    mutating func append(_ entry: [UInt8], changes: inout [(path: String, bytes: [UInt8])]) throws(TileError) {
        try EntryBundle.append(entry, to: &bundle)
        edge.append(leafHash: MerkleTree.leafHash(entry)) { tile, hashes in
            changes.append((tile.path, hashes))
            if tile.content == .hashes(level: 0) {
                changes.append((Tile(.entries, index: tile.index).path, bundle))
                bundle = []
            }
        }
    }

    /// The files of the right edge: a partial tile for every level that has one, and the partial bundle.
    func partialFiles() -> [(path: String, bytes: [UInt8])] {
        var files: [(path: String, bytes: [UInt8])] = []
        for case (let tile?, let hashes) in zip(RightEdge.tiles(size: edge.size), edge.levels) {
            files.append((tile.path, hashes))
        }
        if let tile = Tile.entries(index: edge.size / 256, size: edge.size) { files.append((tile.path, bundle)) }
        return files
    }

    /// Takes the edge of a published tree from disk, if it is there and hashes to the root; otherwise leaves the tail
    /// as it is and returns the first path that is not as it should be.
    mutating func load(_ head: TreeHead, from files: LogDirectory) throws(DurableFileError) -> String? {
        var levels: [[UInt8]] = []
        for tile in RightEdge.tiles(size: head.size) {
            guard let tile else {
                levels.append([])
                continue
            }
            let length = tile.width * MerkleTree.hashSize
            guard let bytes = try files.read(tile.path), bytes.count == length else { return tile.path }
            levels.append(bytes)
        }
        let edge = RightEdge(size: head.size, levels: levels)
        // Each tile has its length, so any of them may be the one that lies: name the lowest.
        guard edge.root == head.root else {
            return RightEdge.tiles(size: head.size).compactMap(\.self).first?.path ?? "checkpoint"
        }

        var bundle: [UInt8] = []
        if let tile = Tile.entries(index: head.size / 256, size: head.size) {
            guard let bytes = try files.read(tile.path),
                let entries = try? EntryBundle.decode(bytes, count: tile.width),
                Array(entries.map { MerkleTree.leafHash($0) }.joined()) == edge.levels[0]
            else { return tile.path }
            bundle = bytes
        }
        self.edge = edge
        self.bundle = bundle
        return nil
    }
}
