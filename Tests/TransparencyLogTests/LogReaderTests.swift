// The reader: everything it returns checks, and nothing that a lying log serves gets through.

import Foundation
import TestSupport
import Testing
import TransparencyLog

/// A source whose files can be changed or withheld, and which counts what is asked of it.
actor TamperedSource: TileSource {
    private let files: [String: [UInt8]]
    private(set) var requests: [String] = []

    init(_ files: [String: [UInt8]]) {
        self.files = files
    }

    func tile(path: String) throws -> [UInt8] {
        requests.append(path)
        guard let bytes = files[path] else { throw TileSourceError.notFound(path: path) }
        return bytes
    }
}

@Suite struct LogReaderTests {
    @Test(arguments: [1, 2, 255, 256, 257, 512, 700])
    func everyEntryIsReadAndEveryProofVerifies(size: Int) async throws {
        let directory = try TemporaryFolder()
        let head = try Fixture.publishedLog(size, batch: 97, in: directory)
        let reader = LogReader(source: DirectoryTileSource(directory: directory.path), head: head)

        var read: [LogEntry] = []
        for try await entry in reader.entries(0..<head.size) { read.append(entry) }
        #expect(read.map(\.bytes) == Fixture.entries(0..<size))
        #expect(read.map(\.index) == Array(0..<head.size))

        for index in stride(from: 0, to: head.size, by: 13) {
            let proof = try await reader.inclusionProof(index: index)
            try MerkleTree.verifyInclusion(
                leafHash: read[Int(index)].leafHash, index: index, proof: proof, in: head)
        }
        for old in stride(from: 1, through: head.size, by: 11) {
            let oldHead = Fixture.head(Int(old))
            #expect(try await reader.root(size: old) == oldHead.root)
            let proof = try await reader.consistencyProof(from: old)
            try MerkleTree.verifyConsistency(from: oldHead, to: head, proof: proof)
            let inside = try await reader.inclusionProof(index: old - 1, size: old)
            try MerkleTree.verifyInclusion(
                leafHash: read[Int(old - 1)].leafHash, index: old - 1, proof: inside, in: oldHead)
        }
    }

    @Test func rangesStartAndEndAnywhere() async throws {
        let directory = try TemporaryFolder()
        let head = try Fixture.publishedLog(700, in: directory)
        let reader = LogReader(source: DirectoryTileSource(directory: directory.path), head: head)
        for range in [0..<0, 5..<5, 0..<1, 255..<257, 300..<600, 699..<700, 700..<700] as [Range<UInt64>] {
            var read: [[UInt8]] = []
            for try await entry in reader.entries(range) { read.append(entry.bytes) }
            #expect(read == Fixture.entries(Int(range.lowerBound)..<Int(range.upperBound)))
        }
        for range in [0..<701, 700..<701, 0..<UInt64.max, UInt64.max - 1..<UInt64.max] {
            await #expect(throws: LogReaderError.self) {
                for try await _ in reader.entries(range) {}
            }
        }
    }

    @Test func requestsBeyondTheCheckpointFail() async throws {
        let directory = try TemporaryFolder()
        let head = try Fixture.publishedLog(300, in: directory)
        let reader = LogReader(source: DirectoryTileSource(directory: directory.path), head: head)
        await #expect(throws: LogReaderError.beyondCheckpoint(301, size: 300)) { try await reader.root(size: 301) }
        await #expect(throws: LogReaderError.beyondCheckpoint(.max, size: 300)) {
            try await reader.consistencyProof(from: 1, to: .max)
        }
        await #expect(throws: MerkleError.indexOutOfRange(index: 300, size: 300)) {
            try await reader.inclusionProof(index: 300)
        }
        await #expect(throws: MerkleError.emptyOldTree) { try await reader.consistencyProof(from: 0) }
        await #expect(throws: MerkleError.sizesOutOfOrder(old: 9, new: 8)) {
            try await reader.consistencyProof(from: 9, to: 8)
        }
    }

    /// Spoils each file in turn in several ways; reading all entries and some proofs must fail each time.
    @Test func everyTamperedFileIsNoticed() async throws {
        let directory = try TemporaryFolder()
        let head = try Fixture.publishedLog(700, batch: 700, in: directory)
        let files = try directory.contents().filter { $0.key != "checkpoint" }
        let spoil: [([UInt8]) -> [UInt8]?] = [
            { $0.dropLast() + [$0[$0.count - 1] ^ 1] }, { [$0[0] ^ 0x80] + $0.dropFirst() }, { Array($0.dropLast()) },
            { $0 + [0] }, { _ in [] }, { _ in nil }, { $0 + $0 },
        ]
        for name in files.keys {
            for (position, spoil) in spoil.enumerated() {
                var tampered = files
                tampered[name] = spoil(files[name] ?? [])
                let reader = LogReader(source: TamperedSource(tampered), head: head)
                await #expect(throws: (any Error).self, "\(name) spoiled in way \(position)") {
                    for try await _ in reader.entries(0..<700) {}
                    for index in [0, 300, 699] as [UInt64] { _ = try await reader.inclusionProof(index: index) }
                }
            }
        }
    }

    @Test func tilesOfAnotherTreeAreRefused() async throws {
        let directory = try TemporaryFolder()
        let head = try Fixture.publishedLog(700, in: directory)
        let source = TamperedSource(try directory.contents())
        for wrong in [
            TreeHead(size: 700, root: Fixture.head(699).root), TreeHead(size: 0, root: head.root),
            TreeHead(size: 699, root: head.root), TreeHead(size: 1 << 63, root: head.root),
            TreeHead(size: .max, root: head.root),
        ] {
            let reader = LogReader(source: source, head: wrong)
            await #expect(throws: (any Error).self) { try await reader.inclusionProof(index: 0) }
            await #expect(throws: (any Error).self) {
                for try await _ in reader.entries(0..<1) {}
            }
        }
    }

    @Test func fullTileStandsInForAPartialOneThatIsGone() async throws {
        let directory = try TemporaryFolder()
        _ = try Fixture.publishedLog(600, batch: 200, in: directory)
        let files = try directory.contents().filter { !$0.key.contains(".p/200") }
        let reader = LogReader(source: TamperedSource(files), head: Fixture.head(200))
        var read: [[UInt8]] = []
        for try await entry in reader.entries(150..<200) { read.append(entry.bytes) }
        #expect(read == Fixture.entries(150..<200))
        await #expect(throws: LogReaderError.self) {
            for try await _ in reader.entries(150..<201) {}
        }
    }

    @Test func readingASliceDoesNotFetchTheWholeLog() async throws {
        let directory = try TemporaryFolder()
        let head = try Fixture.publishedLog(3000, in: directory)
        let source = TamperedSource(try directory.contents())
        let reader = LogReader(source: source, head: head)
        for try await _ in reader.entries(1000..<1100) {}
        _ = try await reader.inclusionProof(index: 1000)
        let requests = await source.requests
        #expect(requests.count == 5)
        #expect(Set(requests).count == requests.count)
    }

    @Test func directorySourceServesNothingButTheLog() async throws {
        let directory = try TemporaryFolder()
        _ = try Fixture.publishedLog(3, in: directory)
        try directory.write(".secret", [1])
        let source = DirectoryTileSource(directory: directory.path)
        for path in ["", "/etc/passwd", "../x", "tile/../checkpoint", ".secret", "tile//0", "./checkpoint", "a\0b"] {
            await #expect(throws: TileSourceError.forbiddenPath(path)) { try await source.tile(path: path) }
        }
        for path in ["tile/9/000", "tile", "tile/0", "checkpoint/x"] {
            await #expect(throws: TileSourceError.notFound(path: path)) { try await source.tile(path: path) }
        }
        #expect(try await LogReader.fetchCheckpoint(from: source).checkpoint.size == 3)
    }
}
