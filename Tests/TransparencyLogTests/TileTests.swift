// Tile paths at the specification's boundary sizes, and the bytes of entry bundles.

import Testing
import TransparencyLog

@Suite struct TileTests {
    @Test(arguments: [
        (0, "000"), (1, "001"), (255, "255"), (256, "256"), (257, "257"), (999, "999"), (1000, "x001/000"),
        (65_535, "x065/535"), (65_536, "x065/536"), (65_537, "x065/537"), (999_999, "x999/999"),
        (1_000_000, "x001/x000/000"), (1_234_067, "x001/x234/067"), (4_294_967_296, "x004/x294/x967/296"),
        (UInt64.max, "x018/x446/x744/x073/x709/x551/615"),
    ])
    func indexIsWrittenInGroupsOfThreeDigits(index: UInt64, name: String) throws {
        let paths = [
            (Tile(.hashes(level: 0), index: index), "tile/0/\(name)"),
            (Tile(.hashes(level: 63), index: index, width: 255), "tile/63/\(name).p/255"),
            (Tile(.entries, index: index), "tile/entries/\(name)"),
            (Tile(.entries, index: index, width: 1), "tile/entries/\(name).p/1"),
        ]
        for (tile, path) in paths {
            #expect(tile.path == path)
            #expect(try Tile(parsing: path) == tile)
        }
    }

    @Test(arguments: [
        "", "tile", "tile/0", "tile/0/", "tile/0/1", "tile/0/01", "tile/0/0001", "tile/00/001", "tile/64/001",
        "tile/-1/001", "tile/0/x001", "tile/0/x001/", "tile/0/001/002", "tile/0/x000/001", "tile/0/X001/001",
        "tile/0/001.p", "tile/0/001.p/", "tile/0/001.p/0", "tile/0/001.p/256", "tile/0/001.p/01", "tile/0/001.p/1/",
        "tile/0/.p/1", "/tile/0/001", "tile//001", "tile/0/../001", "tile/0/001 ", "tile/0/0x1", "tile/0/xx1/001",
        "tile/entry/001", "Tile/0/001", "tile/0/x018/x446/x744/x073/x709/x551/616", "tile/0/\u{FF11}\u{FF11}\u{FF11}",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999", "tile/99999999999999999999999/001",
    ])
    func otherSpellingsOfPathsAreRefused(path: String) {
        #expect(throws: TileError.malformedPath(path)) { try Tile(parsing: path) }
    }

    /// For each size, level by level: the number of full tiles and the width of the partial one.
    static let shapes: [(size: UInt64, levels: [(full: UInt64, partial: Int)])] = [
        (0, [(0, 0), (0, 0)]),
        (1, [(0, 1), (0, 0)]),
        (255, [(0, 255), (0, 0)]),
        (256, [(1, 0), (0, 1), (0, 0)]),
        (257, [(1, 1), (0, 1), (0, 0)]),
        (65_535, [(255, 255), (0, 255), (0, 0)]),
        (65_536, [(256, 0), (1, 0), (0, 1), (0, 0)]),
        (65_537, [(256, 1), (1, 0), (0, 1), (0, 0)]),
        (70_000, [(273, 112), (1, 17), (0, 1), (0, 0)]),
        (1 << 32, [(1 << 24, 0), (1 << 16, 0), (256, 0), (1, 0), (0, 1), (0, 0)]),
        (UInt64.max, [((1 << 56) - 1, 255), ((1 << 48) - 1, 255), ((1 << 40) - 1, 255)]),
    ]

    @Test(arguments: shapes.indices)
    func treeOfAnySizeHasTheTilesTheSpecificationGivesIt(position: Int) {
        let (size, levels) = Self.shapes[position]
        for (level, (full, partial)) in levels.enumerated() {
            func tile(_ index: UInt64) -> Tile? { Tile.hashes(level: level, index: index, size: size) }
            if full > 0 {
                #expect(tile(0)?.width == 256)
                #expect(tile(full - 1)?.width == 256)
            }
            #expect(tile(full)?.width == (partial == 0 ? nil : partial))
            #expect(tile(full + 1) == nil)
            #expect(tile(.max) == nil)
        }
        let (full, partial) = levels[0]
        #expect(Tile.entries(index: full, size: size)?.width == (partial == 0 ? nil : partial))
        #expect(Tile.entries(index: full + 1, size: size) == nil)
    }

    @Test func bundlesAreLengthPrefixedEntries() throws {
        let bytes = try EntryBundle.encode([[], [7], [UInt8](repeating: 9, count: 258)])
        #expect(bytes == [0, 0, 0, 1, 7, 1, 2] + [UInt8](repeating: 9, count: 258))
        #expect(try EntryBundle.decode(bytes, count: 3) == [[], [7], [UInt8](repeating: 9, count: 258)])
    }

    @Test func bundleHoldsEntriesUpToTheLengthPrefixesLimit() throws {
        let longest = [UInt8](repeating: 1, count: EntryBundle.maximumEntrySize)
        #expect(try EntryBundle.decode(EntryBundle.encode([longest]), count: 1) == [longest])
        #expect(throws: TileError.entryTooLong(65_536)) { try EntryBundle.encode([longest + [1]]) }
    }

    @Test func bundlesWithMissingOrExtraBytesAreRefused() throws {
        let good = try EntryBundle.encode([[1, 2], [3]])
        for length in 0..<good.count {
            #expect(throws: TileError.malformedBundle(expectedEntries: 2)) {
                try EntryBundle.decode(Array(good.prefix(length)), count: 2)
            }
        }
        #expect(throws: TileError.self) { try EntryBundle.decode(good + [0], count: 2) }
        #expect(throws: TileError.self) { try EntryBundle.decode(good, count: 1) }
        #expect(throws: TileError.self) { try EntryBundle.decode(good, count: 3) }
        #expect(throws: TileError.self) { try EntryBundle.decode([0xFF, 0xFF, 1], count: 1) }
    }
}
