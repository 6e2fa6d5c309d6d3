// Entry bundles (c2sp.org/tlog-tiles, "Log entries"): up to 256 entries, each behind its length as a big-endian uint16.

/// Reads and writes the files that hold log entries.
public enum EntryBundle {
    /// The longest entry that a bundle can hold, in bytes.
    public static let maximumEntrySize = 65_535

    /// The longest possible bundle, in bytes: what a reader must be ready to fetch.
    public static let maximumSize = Tile.fullWidth * (2 + maximumEntrySize)

    /// Concatenates entries, each behind its length.
    ///
    /// - Throws: `TileError.entryTooLong`.
    public static func encode(_ entries: [[UInt8]]) throws(TileError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.reduce(0) { $0 + 2 + $1.count })
        for entry in entries { try append(entry, to: &bytes) }
        return bytes
    }

    static func append(_ entry: [UInt8], to bundle: inout [UInt8]) throws(TileError) {
        guard let length = UInt16(exactly: entry.count) else { throw .entryTooLong(entry.count) }
        bundle.append(UInt8(length >> 8))
        bundle.append(UInt8(length & 0xFF))
        bundle += entry
    }

    /// Splits a bundle into exactly `count` entries.
    ///
    /// - Throws: `TileError.malformedBundle` when bytes are missing or left over.
    public static func decode(_ bytes: [UInt8], count: Int) throws(TileError) -> [[UInt8]] {
        var entries: [[UInt8]] = []
        var rest = bytes[...]
        while entries.count < count {
            guard rest.count >= 2 else { throw .malformedBundle(expectedEntries: count) }
            let length = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
            rest = rest.dropFirst(2)
            guard rest.count >= length else { throw .malformedBundle(expectedEntries: count) }
            entries.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        guard rest.isEmpty else { throw .malformedBundle(expectedEntries: count) }
        return entries
    }
}
