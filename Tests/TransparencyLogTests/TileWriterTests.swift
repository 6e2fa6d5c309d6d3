// The writer: what it leaves on disk, and that every interruption is healed or noticed.

import Foundation
import TestSupport
import Testing
import TransparencyLog

@Suite struct TileWriterTests {
    @Test func filesAreThoseOfTheSpecification() throws {
        let directory = try TemporaryFolder()
        let head = try Fixture.publishedLog(600, batch: 600, in: directory)
        #expect(head == Fixture.head(600))

        let leaves = Fixture.leafHashes(600)
        func level0(_ range: Range<Int>) -> [UInt8] { Array(leaves[range].joined()) }
        let expected: [String: [UInt8]] = [
            "tile/0/000": level0(0..<256), "tile/0/001": level0(256..<512), "tile/0/002.p/88": level0(512..<600),
            "tile/1/000.p/2": MerkleTree.root(leafHashes: Array(leaves[0..<256]))
                + MerkleTree.root(leafHashes: Array(leaves[256..<512])),
            "tile/entries/000": try EntryBundle.encode(Fixture.entries(0..<256)),
            "tile/entries/001": try EntryBundle.encode(Fixture.entries(256..<512)),
            "tile/entries/002.p/88": try EntryBundle.encode(Fixture.entries(512..<600)),
        ]
        #expect(try directory.contents().filter { $0.key != "checkpoint" } == expected)
        #expect(try SignedCheckpoint(parsing: directory.read("checkpoint")).checkpoint.head == head)
    }

    @Test func batchesOfAnySizeGiveTheSameTree() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let directory = try TemporaryFolder()
        var writer = try TileWriter(directory: directory.path)
        var size = 0
        while size < 1500 {
            let count = Int.random(in: 0...300, using: &random)
            let head = try writer.append(entries: Fixture.entries(size..<size + count), startingAt: UInt64(size))
            size += count
            #expect(head == Fixture.head(size), "seed \(seed), size \(size)")
        }
    }

    @Test func secondLevelTilesAreWritten() throws {
        let directory = try TemporaryFolder()
        var writer = try TileWriter(directory: directory.path)
        let entries = Array(repeating: [UInt8](), count: 65_537)
        let head = try writer.append(entries: entries, startingAt: 0)
        #expect(head.root == MerkleTree.root(leafHashes: entries.map(MerkleTree.leafHash)))
        #expect(try directory.read("tile/1/000").count == 8192)
        #expect(try directory.read("tile/2/000.p/1").count == 32)
        #expect(try directory.read("tile/0/256.p/1") == MerkleTree.leafHash([]))
        #expect(!directory.exists("tile/1/001.p/1"))
    }

    @Test func appendingAgainChangesNothing() throws {
        let directory = try TemporaryFolder()
        _ = try Fixture.publishedLog(300, in: directory)
        let before = try directory.contents()
        var writer = try TileWriter(directory: directory.path)
        #expect(writer.opening == .resumed)
        #expect(try writer.append(entries: Fixture.entries(0..<300), startingAt: 0) == Fixture.head(300))
        #expect(try writer.append(entries: Fixture.entries(250..<300), startingAt: 250) == Fixture.head(300))
        #expect(try directory.contents() == before)
        #expect(try writer.append(entries: Fixture.entries(250..<310), startingAt: 250) == Fixture.head(310))
    }

    @Test func gapsAndConflictsAreRefused() throws {
        let directory = try TemporaryFolder()
        _ = try Fixture.publishedLog(300, in: directory)
        var writer = try TileWriter(directory: directory.path)
        #expect(throws: TileWriterError.gap(expected: 300, startingAt: 301)) {
            try writer.append(entries: [[1]], startingAt: 301)
        }
        #expect(throws: TileWriterError.gap(expected: 300, startingAt: .max)) {
            try writer.append(entries: [[1]], startingAt: .max)
        }
        for index in [0, 255, 256, 299] as [UInt64] {
            #expect(throws: TileWriterError.conflictingEntry(index: index)) {
                try writer.append(entries: [[1]], startingAt: index)
            }
        }
        #expect(throws: TileWriterError.entryTooLong(index: 301, bytes: 65_536)) {
            try writer.append(entries: [[1], [UInt8](repeating: 0, count: 65_536)], startingAt: 300)
        }
        #expect(writer.head == Fixture.head(300))
    }

    // MARK: Crashes

    /// Cuts a run short after every number of files that the run would have put in place, as a crash would, with the
    /// temporary of the file that was being written; then runs it again.
    @Test func crashBetweenAnyTwoFilesIsHealed() throws {
        let finished = try TemporaryFolder()
        _ = try Fixture.publishedLog(250, in: finished)
        let before = try finished.contents()
        var writer = try TileWriter(directory: finished.path)
        _ = try writer.append(entries: Fixture.entries(250..<530), startingAt: 250)
        let after = try finished.contents()
        let new = after.filter { before[$0.key] == nil }
        #expect(new.count == 7)

        for survivors in 0...new.count {
            let crashed = try TemporaryFolder()
            for (name, bytes) in before { try crashed.write(name, bytes) }
            for (name, bytes) in new.sorted(by: { $0.key < $1.key }).prefix(survivors) {
                try crashed.write(name, bytes)
            }
            try crashed.write(".tmp/1f3a", Array(repeating: 0, count: 100))

            var healed = try TileWriter(directory: crashed.path)
            #expect(healed.opening == .resumed)
            #expect(healed.head == Fixture.head(250))
            #expect(!crashed.exists(".tmp/1f3a"))
            let head = try healed.append(entries: Fixture.entries(250..<530), startingAt: healed.head.size)
            #expect(head == Fixture.head(530))
            #expect(try crashed.contents() == after)
            try healed.publish(Fixture.checkpoint(head))
        }
    }

    @Test func tornFileBehindTheCheckpointIsOverwritten() throws {
        let directory = try TemporaryFolder()
        _ = try Fixture.publishedLog(250, in: directory)
        let tile = Array(Fixture.leafHashes(256).joined())
        try directory.write("tile/0/000", Array(tile.prefix(4096)))
        try directory.write("tile/entries/000", [])
        try directory.write("tile/1/000.p/1", [UInt8](repeating: 0, count: 32))
        var writer = try TileWriter(directory: directory.path)
        let head = try writer.append(entries: Fixture.entries(250..<256), startingAt: 250)
        #expect(try directory.read("tile/0/000") == tile)
        #expect(try directory.read("tile/entries/000") == EntryBundle.encode(Fixture.entries(0..<256)))
        #expect(try directory.read("tile/1/000.p/1") == head.root)
    }

    @Test(arguments: ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"])
    func damagedEdgeOfThePublishedTreeIsNoticedAndRepairedFromTheDatabase(path: String) throws {
        let spoil: [([UInt8]) -> [UInt8]?] = [
            { Array($0.dropLast()) }, { $0 + [0] }, { _ in [] }, { _ in nil },
            { $0.dropLast() + [$0[$0.count - 1] ^ 1] }, { [UInt8](repeating: 0, count: $0.count) },
        ]
        for spoil in spoil {
            let directory = try TemporaryFolder()
            let head = try Fixture.publishedLog(300, in: directory)
            let before = try directory.contents()
            if let bytes = spoil(try directory.read(path)) {
                try directory.write(path, bytes)
            } else {
                try FileManager.default.removeItem(atPath: directory.path + "/" + path)
            }
            var writer = try TileWriter(directory: directory.path)
            guard case .damaged = writer.opening else {
                Issue.record("took a damaged \(path) for good")
                continue
            }
            #expect(writer.head == .empty)
            #expect(try writer.append(entries: Fixture.entries(0..<300), startingAt: 0) == head)
            #expect(try directory.contents() == before)
        }
    }

    @Test func rebuildingRepairsTilesBehindTheEdge() throws {
        let directory = try TemporaryFolder()
        let head = try Fixture.publishedLog(600, in: directory)
        let before = try directory.contents()
        try directory.write("tile/0/000", [1, 2, 3])
        try directory.write("tile/entries/001", [])
        var writer = try TileWriter(directory: directory.path, rebuilding: true)
        #expect(writer.opening == .rebuilding)
        #expect(writer.head == .empty)
        #expect(try writer.append(entries: Fixture.entries(0..<600), startingAt: 0) == head)
        #expect(try directory.contents() == before)
    }

    // MARK: Publishing

    @Test func publishedLogIsNeverRewoundOrForked() throws {
        let directory = try TemporaryFolder()
        _ = try Fixture.publishedLog(300, in: directory)
        let published = try directory.read("checkpoint")

        // A database restored from an old backup.
        var rewound = try TileWriter(directory: directory.path, rebuilding: true)
        let old = try rewound.append(entries: Fixture.entries(0..<200), startingAt: 0)
        #expect(throws: TileWriterError.rewindsPublishedLog(published: 300, new: 200)) {
            try rewound.publish(Fixture.checkpoint(old))
        }

        // A database with another history, first of the same length, then longer.
        for count in [300, 400] {
            var forked = try TileWriter(directory: directory.path, rebuilding: true)
            var entries = Fixture.entries(0..<count)
            entries[17] = [0]
            #expect(throws: TileWriterError.forksPublishedLog(size: 300)) {
                try forked.append(entries: entries, startingAt: 0)
            }
        }
        #expect(try directory.read("checkpoint") == published)
    }

    @Test func onlyTheWritersOwnHeadIsPublished() throws {
        let directory = try TemporaryFolder()
        _ = try Fixture.publishedLog(300, in: directory)
        var writer = try TileWriter(directory: directory.path)
        for head in [Fixture.head(301), TreeHead(size: 300, root: Fixture.head(299).root)] {
            #expect(throws: TileWriterError.notThisTree(head)) { try writer.publish(Fixture.checkpoint(head)) }
        }
        let foreign = try Checkpoint(origin: "elsewhere", size: 300, root: writer.head.root)
        #expect(throws: TileWriterError.otherOrigin(published: Fixture.origin, new: "elsewhere")) {
            try writer.publish(SignedCheckpoint(foreign, signedBy: Fixture.log))
        }
        let cosigned = try Fixture.checkpoint(writer.head, cosigners: [Fixture.helper])
        try writer.publish(cosigned)
        #expect(try directory.read("checkpoint") == cosigned.serialized())
    }

    @Test func unreadableCheckpointStopsTheWriter() throws {
        let directory = try TemporaryFolder()
        _ = try Fixture.publishedLog(300, in: directory)
        try directory.write("checkpoint", Array(directory.read("checkpoint").dropLast(20)))
        #expect(throws: TileWriterError.damagedCheckpoint) { try TileWriter(directory: directory.path) }
        var writer = try TileWriter(directory: directory.path, rebuilding: true)
        #expect(try writer.append(entries: Fixture.entries(0..<300), startingAt: 0) == Fixture.head(300))
    }

    @Test func partialTilesAreDroppedOnceNoRecentCheckpointNeedsThem() throws {
        let directory = try TemporaryFolder()
        var writer = try TileWriter(directory: directory.path)
        func grow(to size: Int) throws {
            let start = Int(writer.head.size)
            _ = try writer.append(entries: Fixture.entries(start..<size), startingAt: UInt64(start))
            try writer.publish(Fixture.checkpoint(writer.head))
        }
        try grow(to: 100)
        try grow(to: 200)
        try grow(to: 300)
        #expect(directory.exists("tile/0/000.p/200"))
        #expect(directory.exists("tile/entries/000.p/100"))
        try grow(to: 301)
        #expect(!directory.exists("tile/0/000.p"))
        #expect(!directory.exists("tile/entries/000.p"))
        #expect(directory.exists("tile/0/001.p/44"))
        #expect(directory.exists("tile/0/000"))
    }

    @Test func directoryThatCannotBeWrittenIsATypedError() throws {
        let directory = try TemporaryFolder()
        try directory.write("file", [])
        #expect(throws: TileWriterError.self) { try TileWriter(directory: directory.path + "/file") }
    }
}
