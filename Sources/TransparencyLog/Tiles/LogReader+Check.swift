// Checking a whole log, every file that a checkpoint commits to.
//
// Readers of single entries fetch only the tiles above them. A check fetches all: each bundle and each tile is held
// against the checked hash above it, so the first file that is wrong is named, and no file that the log must serve goes
// unread. Only the right edge has nothing above it but the root, which does not say which of the edge's tiles lies;
// there, what lies below the edge decides.

extension LogReader {
    /// Fetches and checks every file of the tree, and hands over the entries in order.
    ///
    /// - Parameter visit: called with each entry once its bundle is checked; it may stop the check by throwing.
    /// - Returns: how many tiles and bundles were read.
    /// - Throws: `LogReaderError` or `TileSourceError.notFound` naming the first file that is wrong or missing,
    ///   `.rootMismatch` if the files agree with each other and not with the checkpoint, or the source's error.
    public func checkAll(visit: @Sendable (LogEntry) async throws -> Void) async throws -> UInt64 {
        do {
            try await checkEdge()
        } catch LogReaderError.rootMismatch {
            throw try await edgeFault()
        }
        let bundles = head.size / 256 + (head.size % 256 > 0 ? 1 : 0)
        for index in 0..<bundles {
            let entries = try await bundle(index)
            try await checkLowestTile(index, entries)
            for entry in entries { try await visit(entry) }
        }
        return bundles + Self.tileCount(size: head.size)
    }

    /// A full bundle is checked against the hash in the tile above its own, so its own tile is read here. (A partial
    /// one is part of the edge, and all higher tiles stand above some bundle.)
    private func checkLowestTile(_ index: UInt64, _ entries: [LogEntry]) async throws {
        guard let tile = Tile.hashes(level: 0, index: index, size: head.size), !tile.isPartial else { return }
        guard try await source.tile(path: tile.path) == Array(entries.map(\.leafHash).joined()) else {
            throw LogReaderError.corrupt(path: tile.path)
        }
    }

    /// Why the edge does not hash to the root: a tile that differs from what lies below it, if putting that right
    /// leads to the root. Otherwise it is the checkpoint that belongs to another tree.
    private func edgeFault() async throws -> LogReaderError {
        var levels: [[UInt8]] = []
        var differing: Tile?
        for tile in RightEdge.tiles(size: head.size) {
            guard let tile else {
                levels.append([])
                continue
            }
            let hashes = try await hashesFromBelow(tile)
            let (served, _) = try await fetch(tile)
            if differing == nil, hashes != Array(served.prefix(hashes.count)) { differing = tile }
            levels.append(hashes)
        }
        guard let differing, RightEdge(size: head.size, levels: levels).root == head.root else {
            return .rootMismatch(size: head.size)
        }
        return .corrupt(path: differing.path)
    }

    /// What a tile should hold according to the files below it.
    private func hashesFromBelow(_ tile: Tile) async throws -> [UInt8] {
        guard case .hashes(let level) = tile.content else { return [] }
        if level == 0 {
            let bundle = Tile(.entries, index: tile.index, width: tile.width)
            let (bytes, width) = try await fetch(bundle)
            guard let entries = try? EntryBundle.decode(bytes, count: width).prefix(tile.width) else {
                throw LogReaderError.corrupt(path: bundle.path)
            }
            return Array(entries.map { MerkleTree.leafHash($0) }.joined())
        }
        var hashes: [UInt8] = []
        for position in 0..<UInt64(tile.width) {
            let child = Tile(.hashes(level: level - 1), index: tile.index * 256 + position)
            let bytes = try await source.tile(path: child.path)
            guard bytes.count == Tile.fullWidth * MerkleTree.hashSize else {
                throw LogReaderError.corrupt(path: child.path)
            }
            hashes += MerkleTree.fullSubtreeRoot(bytes[...])
        }
        return hashes
    }

    /// How many hash tiles a tree has, partial ones included.
    static func tileCount(size: UInt64) -> UInt64 {
        var count: UInt64 = 0
        var rest = size
        while rest > 0 {
            count += rest / 256 + (rest % 256 > 0 ? 1 : 0)
            rest /= 256
        }
        return count
    }
}
