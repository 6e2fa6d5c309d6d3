// Reading a log without trusting whoever serves it.
//
// Trust starts at a checkpoint and spreads down. The tree's partial tiles (its right edge) must hash to the
// checkpoint's root; from then on every full tile, and every bundle of entries, must hash to the one hash that its parent
// tile holds for it. So nothing that leaves this reader is unaccounted for, and reading any part of a log costs only the
// tiles above that part.

/// Why what a log served was refused. Errors of the source (not found, no connection) pass through unchanged.
public enum LogReaderError: Error, Equatable, Sendable {
    /// The tiles at the right edge do not hash to the checkpoint's root.
    case rootMismatch(size: UInt64)
    /// The file at this path does not hash to what its parent says, or is not even well-formed.
    case corrupt(path: String)
    /// A request for entries or a tree beyond the checkpoint.
    case beyondCheckpoint(UInt64, size: UInt64)
}

/// One entry of a log, checked against a checkpoint.
public struct LogEntry: Sendable, Hashable {
    /// Position in the log, from 0.
    public let index: UInt64
    /// The entry itself.
    public let bytes: [UInt8]
    /// `MerkleTree.leafHash(bytes)`, 32 bytes.
    public let leafHash: [UInt8]

    package init(index: UInt64, bytes: [UInt8], leafHash: [UInt8]) {
        self.index = index
        self.bytes = bytes
        self.leafHash = leafHash
    }
}

/// Reads entries and makes proofs for the tree of one checkpoint. Everything it returns hashes to that root.
public actor LogReader {
    /// The tree that everything is checked against.
    public nonisolated let head: TreeHead

    let source: any TileSource
    private var edge: RightEdge?
    private var checkedTiles: [Tile: [UInt8]] = [:]

    /// Checked tiles kept in memory, 8 KiB each: enough for several proofs or one pass over a log.
    private static let tileLimit = 256

    /// A reader for the tree with this head, which the caller has reason to trust (see `LogPolicy`).
    public init(source: any TileSource, head: TreeHead) {
        self.source = source
        self.head = head
    }

    /// Fetches the log's latest checkpoint. Nothing about it has been checked yet but its form.
    ///
    /// - Throws: `CheckpointError`, or the source's error.
    public static func fetchCheckpoint(from source: any TileSource) async throws -> SignedCheckpoint {
        try SignedCheckpoint(parsing: await source.tile(path: "checkpoint"))
    }

    /// The entries with these indices, in order, fetched bundle by bundle as the loop asks for them.
    ///
    /// Iterating throws `LogReaderError`, or the source's error; entries seen before are good.
    public nonisolated func entries(_ range: Range<UInt64>) -> VerifiedEntries {
        VerifiedEntries(reader: self, range: range)
    }

    /// The inclusion proof for the entry at `index`, lowest sibling first.
    ///
    /// - Parameters:
    ///   - index: position of the entry, from 0.
    ///   - size: prove inclusion in the tree of this size, at most the checkpoint's; nil for the checkpoint's own.
    /// - Throws: `MerkleError.indexOutOfRange`, `LogReaderError`, or the source's error.
    public func inclusionProof(index: UInt64, size: UInt64? = nil) async throws -> [[UInt8]] {
        let size = try checked(size)
        return try await roots(MerkleTree.inclusionRanges(index: index, size: size))
    }

    /// The proof that the tree of size `new` (nil for the checkpoint's own) extends the tree of size `old`.
    ///
    /// - Throws: `MerkleError.sizesOutOfOrder` or `.emptyOldTree`, `LogReaderError`, or the source's error.
    public func consistencyProof(from old: UInt64, to new: UInt64? = nil) async throws -> [[UInt8]] {
        let new = try checked(new)
        return try await roots(MerkleTree.consistencyRanges(from: old, to: new))
    }

    /// The root that the log had at an earlier size.
    public func root(size: UInt64) async throws -> [UInt8] {
        try await roots([0..<checked(size)])[0]
    }

    /// The entries of one bundle, all of them checked.
    func bundle(_ index: UInt64) async throws -> [LogEntry] {
        guard let tile = Tile.entries(index: index, size: head.size) else {
            throw LogReaderError.beyondCheckpoint(index, size: head.size)
        }
        let (bytes, width) = try await fetch(tile)
        guard let entries = try? EntryBundle.decode(bytes, count: width).prefix(tile.width) else {
            throw LogReaderError.corrupt(path: tile.path)
        }
        let checked = entries.enumerated().map { offset, bytes in
            LogEntry(index: index * 256 + UInt64(offset), bytes: bytes, leafHash: MerkleTree.leafHash(bytes))
        }
        let hashes = Array(checked.map(\.leafHash).joined())
        try await check(hashes, of: Tile(.hashes(level: 0), index: index, width: tile.width), path: tile.path)
        return checked
    }

    // MARK: Checked tiles

    /// Checks that the right edge hashes to the root.
    func checkEdge() async throws {
        _ = try await loadEdge()
    }

    /// The hashes of a tile of this tree, checked.
    private func hashes(_ tile: Tile) async throws -> [UInt8] {
        if case .hashes(let level) = tile.content, tile.isPartial { return try await loadEdge().levels[level] }
        if let known = checkedTiles[tile] { return known }
        let (bytes, _) = try await fetch(tile)
        guard bytes.count == Tile.fullWidth * MerkleTree.hashSize else {
            throw LogReaderError.corrupt(path: tile.path)
        }
        try await check(bytes, of: tile, path: tile.path)
        if checkedTiles.count >= LogReader.tileLimit { checkedTiles = [:] }
        checkedTiles[tile] = bytes
        return bytes
    }

    /// Checks that `hashes` are what the checked part of the tree says this tile holds.
    private func check(_ hashes: [UInt8], of tile: Tile, path: String) async throws {
        guard case .hashes(let level) = tile.content else { return }
        let expected: ArraySlice<UInt8>
        let actual: [UInt8]
        if tile.isPartial {
            expected = try await loadEdge().levels[level][...]
            actual = hashes
        } else {
            guard let parent = Tile.hashes(level: level + 1, index: tile.index / 256, size: head.size) else {
                throw LogReaderError.beyondCheckpoint(tile.index, size: head.size)
            }
            let start = Int(tile.index % 256) * MerkleTree.hashSize
            expected = try await self.hashes(parent)[start..<start + MerkleTree.hashSize]
            actual = MerkleTree.fullSubtreeRoot(hashes[...])
        }
        guard actual[...] == expected else { throw LogReaderError.corrupt(path: path) }
    }

    /// The right edge, fetched once and checked against the checkpoint's root.
    private func loadEdge() async throws -> RightEdge {
        if let edge { return edge }
        var levels: [[UInt8]] = []
        for tile in RightEdge.tiles(size: head.size) {
            guard let tile else {
                levels.append([])
                continue
            }
            let (bytes, width) = try await fetch(tile)
            guard bytes.count == width * MerkleTree.hashSize else { throw LogReaderError.corrupt(path: tile.path) }
            levels.append(Array(bytes.prefix(tile.width * MerkleTree.hashSize)))
        }
        let loaded = RightEdge(size: head.size, levels: levels)
        guard loaded.root == head.root else { throw LogReaderError.rootMismatch(size: head.size) }
        edge = loaded
        return loaded
    }

    /// The bytes of a tile and the width they have. A log may drop a partial tile once the full one exists, so that one
    /// is asked for next.
    func fetch(_ tile: Tile) async throws -> (bytes: [UInt8], width: Int) {
        do {
            return (try await source.tile(path: tile.path), tile.width)
        } catch TileSourceError.notFound where tile.isPartial {
            return (try await source.tile(path: tile.full.path), Tile.fullWidth)
        }
    }

    // MARK: Proofs

    private func checked(_ size: UInt64?) throws(LogReaderError) -> UInt64 {
        let size = size ?? head.size
        guard size <= head.size else { throw .beyondCheckpoint(size, size: head.size) }
        return size
    }

    private func roots(_ ranges: [Range<UInt64>]) async throws -> [[UInt8]] {
        // Even a proof without hashes is only given for a tree that has been seen.
        _ = try await loadEdge()
        var roots: [[UInt8]] = []
        for range in ranges {
            var parts: [[UInt8]] = []
            for subtree in MerkleTree.subtrees(of: range) { parts.append(try await root(of: subtree)) }
            roots.append(MerkleTree.fold(parts))
        }
        return roots
    }

    /// The root of a full subtree: one hash of a tile, or up to 128 of them hashed together.
    private func root(of subtree: Subtree) async throws -> [UInt8] {
        let rowsInTile = subtree.level % 8
        let first = subtree.index << UInt64(rowsInTile)
        guard let tile = Tile.hashes(level: subtree.level / 8, index: first / 256, size: head.size) else {
            throw LogReaderError.beyondCheckpoint(first, size: head.size)
        }
        let inTile = Subtree(level: rowsInTile, index: (first % 256) >> UInt64(rowsInTile))
        return RightEdge.root(of: inTile, in: try await hashes(tile))
    }
}

/// The checked entries of a range of a log; see `LogReader.entries`.
public struct VerifiedEntries: AsyncSequence, Sendable {
    public typealias Element = LogEntry

    let reader: LogReader
    let range: Range<UInt64>

    public func makeAsyncIterator() -> Iterator {
        Iterator(reader: reader, range: range)
    }

    /// Steps through the range, fetching one bundle at a time.
    public struct Iterator: AsyncIteratorProtocol {
        let reader: LogReader
        var range: Range<UInt64>
        var bundle: [LogEntry] = []

        /// Runs where the caller runs, so that only one entry in 256 costs a change of executor.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> LogEntry? {
            guard !range.isEmpty else { return nil }
            let index = range.lowerBound
            guard range.upperBound <= reader.head.size else {
                throw LogReaderError.beyondCheckpoint(range.upperBound, size: reader.head.size)
            }
            if bundle.isEmpty || index % 256 == 0 { bundle = try await reader.bundle(index / 256) }
            range = (index + 1)..<range.upperBound
            return bundle[Int(index % 256)]
        }
    }
}
