// Writes a log's files from a database of entries.
//
// The database is the source of truth; the directory is a rendering of it that can be thrown away and made again, byte
// for byte. That decides how a crash is healed: a writer always starts from the published checkpoint, whose tree is
// known to be on disk whole, and the caller hands it the entries behind that point once more. Whatever was half done
// then is done again with the same result; files that are already right are left alone.
//
// The one thing a log must never do is publish a tree that does not extend the last one it published. `append` checks
// this as it passes the published size, and `publish` refuses to go back.

/// Why the writer refused. The directory is as before, or has some of the new files; appending again is always safe.
public enum TileWriterError: Error, Equatable, Sendable {
    /// An entry is longer than a bundle can hold.
    case entryTooLong(index: UInt64, bytes: Int)
    /// Entries between the log's end and `startingAt` are missing: continue from `expected`.
    case gap(expected: UInt64, startingAt: UInt64)
    /// The entry given for this index is not the one in the log.
    case conflictingEntry(index: UInt64)
    /// The entries lead to another root at the published size: the database and the published log have parted.
    case forksPublishedLog(size: UInt64)
    /// The checkpoint to publish is not the head of this writer's tree.
    case notThisTree(TreeHead)
    /// The checkpoint to publish is smaller than the published one.
    case rewindsPublishedLog(published: UInt64, new: UInt64)
    /// The checkpoint to publish names another log than the published one.
    case otherOrigin(published: String, new: String)
    /// The file `checkpoint` is not a checkpoint. It is replaced atomically, so no crash explains this; rebuild only
    /// when it is known which checkpoint was published last.
    case damagedCheckpoint
    /// The operating system refused: the message names operation, path and reason.
    case file(String)
}

extension TileWriterError {
    /// The writer's own errors as they are, those of the file system by their message.
    fileprivate init(_ error: any Error) {
        self = error as? TileWriterError ?? .file("\(error)")
    }
}

/// The only writer of a log's directory. A value: keep it in one actor and let nothing else write there.
public struct TileWriter: Sendable {
    /// What the writer found when it opened the directory.
    public enum Opening: Sendable, Hashable {
        /// No checkpoint has been published; appending starts at 0.
        case unpublished
        /// The caller asked to start at 0.
        case rebuilding
        /// The published tree's right edge is on disk and hashes to the published root.
        case resumed
        /// It is not: `path` is missing or wrong. Appending starts at 0 and repairs whatever differs.
        case damaged(path: String)
    }

    /// What was found in the directory: worth a line in the operator's log.
    public let opening: Opening

    private let files: LogDirectory
    private var tail = LogTail()
    private var published: Checkpoint?
    /// Folders of partial tiles whose full tile exists; a reader of the last checkpoint may still want the newer ones.
    private var supersededPartials: (new: [String], old: [String]) = ([], [])

    private static let checkpointPath = "checkpoint"

    /// Opens a directory, creating it where needed, at the published checkpoint.
    ///
    /// - Parameters:
    ///   - directory: path of the directory; the log's files appear directly in it.
    ///   - rebuilding: start at 0 whatever is there, and so compare or rewrite every file.
    /// - Throws: `TileWriterError.damagedCheckpoint` or `.file`.
    public init(directory: String, rebuilding: Bool = false) throws(TileWriterError) {
        files = LogDirectory(root: directory)
        do {
            try files.prepare()
            if let bytes = try files.read(TileWriter.checkpointPath) {
                published = try? SignedCheckpoint(parsing: bytes).checkpoint
                guard rebuilding || published != nil else { throw TileWriterError.damagedCheckpoint }
            }
            if rebuilding {
                opening = .rebuilding
            } else if let published {
                opening = try tail.load(published.head, from: files).map { .damaged(path: $0) } ?? .resumed
            } else {
                opening = .unpublished
            }
        } catch {
            throw TileWriterError(error)
        }
    }

    /// Size and root of the tree as written: continue with the entry at index `head.size`.
    public var head: TreeHead {
        tail.edge.head
    }

    /// Appends entries and returns the new head once everything that it needs is on disk.
    ///
    /// Calling again with the same entries, or with some that are already there before new ones, changes nothing that
    /// is right. After an error the writer still stands where it stood.
    ///
    /// - Parameters:
    ///   - entries: the log's entries from `index` on, at most 65,535 bytes each.
    ///   - index: at most `head.size`.
    /// - Returns: the head to sign and publish.
    public mutating func append(
        entries: [[UInt8]], startingAt index: UInt64
    ) throws(TileWriterError) -> TreeHead {
        guard index <= tail.edge.size else { throw .gap(expected: tail.edge.size, startingAt: index) }
        let known = Int(min(tail.edge.size - index, UInt64(entries.count)))
        do {
            try compare(entries.prefix(known), startingAt: index)
            var next = tail
            var changes: [(path: String, bytes: [UInt8])] = []
            for entry in entries.dropFirst(known) {
                guard entry.count <= EntryBundle.maximumEntrySize else {
                    throw TileWriterError.entryTooLong(index: next.edge.size, bytes: entry.count)
                }
                try next.append(entry, changes: &changes)
                if next.edge.size == published?.size, next.edge.root != published?.root {
                    throw TileWriterError.forksPublishedLog(size: next.edge.size)
                }
                // A long rebuild must not gather the whole log in memory.
                if changes.count >= 64 {
                    try files.write(changes)
                    changes = []
                }
            }
            try files.write(changes + next.partialFiles())
            noteSuperseded(from: tail.edge.size, to: next.edge.size)
            tail = next
            return head
        } catch {
            throw TileWriterError(error)
        }
    }

    /// Replaces the file `checkpoint`, atomically and durably.
    ///
    /// - Parameter checkpoint: a checkpoint over `head`, signed by the log and cosigned as its policy asks; signatures
    ///   are not checked here. Publishing the same head again, with more cosignatures, is allowed.
    public mutating func publish(_ checkpoint: SignedCheckpoint) throws(TileWriterError) {
        let new = checkpoint.checkpoint
        if let published {
            guard ASCII.same(published.origin, new.origin) else {
                throw .otherOrigin(published: published.origin, new: new.origin)
            }
            guard published.size <= new.size else {
                throw .rewindsPublishedLog(published: published.size, new: new.size)
            }
        }
        guard new.head == head else { throw .notThisTree(new.head) }
        do {
            try files.write([(TileWriter.checkpointPath, checkpoint.serialized())])
        } catch {
            throw TileWriterError(error)
        }
        if published?.size != new.size {
            for folder in supersededPartials.old { files.remove(folder) }
            supersededPartials = ([], supersededPartials.new)
        }
        published = new
    }

    /// Checks that entries handed in again are the ones in the log.
    private func compare(_ entries: ArraySlice<[UInt8]>, startingAt index: UInt64) throws {
        var tileIndex: UInt64?
        var hashes: [UInt8] = []
        for (entry, index) in zip(entries, index...) {
            if tileIndex != index / 256 {
                tileIndex = index / 256
                guard let tile = Tile.hashes(level: 0, index: index / 256, size: tail.edge.size) else { break }
                hashes = tile.isPartial ? tail.edge.levels[0] : try files.read(tile.path) ?? []
            }
            let start = Int(index % 256) * MerkleTree.hashSize
            guard hashes.count >= start + MerkleTree.hashSize,
                MerkleTree.leafHash(entry)[...] == hashes[start..<start + MerkleTree.hashSize]
            else { throw TileWriterError.conflictingEntry(index: index) }
        }
    }

    /// Remembers the partial tiles that became full. The specification lets a log delete them; keeping all would cost
    /// 128 times the data in a log that grows by single entries.
    private mutating func noteSuperseded(from old: UInt64, to new: UInt64) {
        for case let tile? in RightEdge.tiles(size: old) {
            guard case .hashes(let level) = tile.content, tile.isPartial,
                Tile.hashes(level: level, index: tile.index, size: new)?.isPartial == false
            else { continue }
            supersededPartials.new.append(tile.full.path + ".p")
            if level == 0 { supersededPartials.new.append(Tile(.entries, index: tile.index).path + ".p") }
        }
    }
}
