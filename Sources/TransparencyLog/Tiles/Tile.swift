// Tile coordinates and paths (c2sp.org/tlog-tiles).
//
// A log publishes its tree as static files. A tile holds 256 neighbouring hashes of every eighth row: tile n of level l
// holds the roots of 256 subtrees of 256^l leaves each. The rows between are recomputed by hashing. The tile at the
// right edge of a level is partial, and its width is in its path, so that no file ever changes:
//
//     tile/<level>/<index>            full hash tile, 8,192 bytes
//     tile/<level>/<index>.p/<width>  partial hash tile, 32 bytes a hash
//     tile/entries/<index>[.p/<width>] the entries themselves, see `EntryBundle`
//
// with the index in groups of three digits, all but the last marked by an x: 1234067 is `x001/x234/067`.

/// Why a tile, its path or an entry bundle was refused.
public enum TileError: Error, Equatable, Sendable {
    /// The path is not the canonical path of a tile or an entry bundle.
    case malformedPath(String)
    /// An entry bundle does not consist of exactly as many entries as its path says.
    case malformedBundle(expectedEntries: Int)
    /// An entry is longer than the 65,535 bytes that its length prefix can express.
    case entryTooLong(Int)
}

/// The coordinates of one tile: what it holds, which one of its level it is, and how wide.
public struct Tile: Sendable, Hashable {
    /// What is in the tile.
    public enum Content: Sendable, Hashable {
        /// Hashes of subtrees of 256^level leaves each; level is 0 to 63 in a path, and at most 7 in any tree.
        case hashes(level: Int)
        /// Log entries, those whose hashes are in the level-0 tile of the same index.
        case entries
    }

    /// Hashes (or entries) in a full tile.
    public static let fullWidth = 256

    /// What is in the tile.
    public let content: Content
    /// Position within the level, from 0.
    public let index: UInt64
    /// Number of hashes or entries, 1 to 256.
    public let width: Int

    package init(_ content: Content, index: UInt64, width: Int = fullWidth) {
        self.content = content
        self.index = index
        self.width = width
    }

    /// True if the tile has fewer than 256 hashes or entries.
    public var isPartial: Bool {
        width < Tile.fullWidth
    }

    /// The same tile at full width.
    public var full: Tile {
        Tile(content, index: index)
    }

    /// The path below the log's URL prefix or directory.
    public var path: String {
        let level =
            switch content {
            case .hashes(let level): "\(level)"
            case .entries: "entries"
            }
        var groups: [String] = []
        var rest = index
        repeat {
            let digits = String(rest % 1000)
            groups.append(String(repeating: "0", count: 3 - digits.count) + digits)
            rest /= 1000
        } while rest > 0
        let name = groups.enumerated().reversed().map { $0.offset > 0 ? "x" + $0.element : $0.element }
        return "tile/\(level)/" + name.joined(separator: "/") + (isPartial ? ".p/\(width)" : "")
    }

    /// Reads a path, accepting exactly what `path` writes.
    ///
    /// - Throws: `TileError.malformedPath`.
    public init(parsing path: String) throws(TileError) {
        guard let tile = Tile(canonical: path), ASCII.same(tile.path, path) else { throw .malformedPath(path) }
        self = tile
    }

    /// The hash tile of a tree of this size with this level and index, at the width it has there; nil if the tree has
    /// no hash in it.
    package static func hashes(level: Int, index: UInt64, size: UInt64) -> Tile? {
        tile(.hashes(level: level), index: index, count: size >> UInt64(8 * level))
    }

    /// The entry bundle with this index in a log of this size, at the width it has there; nil if the log has none.
    package static func entries(index: UInt64, size: UInt64) -> Tile? {
        tile(.entries, index: index, count: size)
    }

    private static func tile(_ content: Content, index: UInt64, count: UInt64) -> Tile? {
        if index < count / 256 { return Tile(content, index: index) }
        guard index == count / 256, count % 256 > 0 else { return nil }
        return Tile(content, index: index, width: Int(count % 256))
    }

    /// Reads the parts of a path; `init(parsing:)` then insists on the one spelling.
    private init?(canonical path: String) {
        var parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0].elementsEqual("tile".utf8) else { return nil }

        var width = Tile.fullWidth
        if parts[parts.count - 2].reversed().starts(with: "p.".utf8) {
            guard parts.count >= 4, let value = ASCII.decimal(parts[parts.count - 1]), 1...255 ~= value else {
                return nil
            }
            width = Int(value)
            parts.removeLast()
            parts[parts.count - 1] = parts[parts.count - 1].dropLast(2)
        }

        let content: Content
        if parts[1].elementsEqual("entries".utf8) {
            content = .entries
        } else {
            guard let level = ASCII.decimal(parts[1]), level <= 63 else { return nil }
            content = .hashes(level: Int(level))
        }

        var index: UInt64 = 0
        for group in parts[2...] {
            for character in group where character != UInt8(ascii: "x") {
                guard case UInt8(ascii: "0")...UInt8(ascii: "9") = character else { return nil }
                let (product, overflowed) = index.multipliedReportingOverflow(by: 10)
                let (sum, carried) = product.addingReportingOverflow(UInt64(character - UInt8(ascii: "0")))
                guard !overflowed, !carried else { return nil }
                index = sum
            }
        }
        self.init(content, index: index, width: width)
    }
}
