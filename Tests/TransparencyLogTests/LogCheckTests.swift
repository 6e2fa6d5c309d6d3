// Checking a whole log: nothing unread, and the file that is wrong is the one that is named.

import TestSupport
import Testing
import TransparencyLog

@Suite struct LogCheckTests {
    private actor Count {
        private(set) var entries: [[UInt8]] = []

        func add(_ entry: LogEntry) { entries.append(entry.bytes) }
    }

    /// Sizes with and without partial tiles at either level, and a tree of three levels.
    @Test(arguments: [0, 1, 255, 256, 257, 700, 512, 65_536 + 300])
    func everyFileOfTheLogIsRead(size: Int) async throws {
        let directory = try TemporaryFolder()
        let head = size == 0 ? .empty : try Fixture.publishedLog(size, batch: size, in: directory)
        let files = try directory.contents().filter { $0.key != "checkpoint" }
        let source = TamperedSource(files)
        let count = Count()
        let read = try await LogReader(source: source, head: head).checkAll { await count.add($0) }
        #expect(await count.entries == Fixture.entries(0..<size))
        #expect(await Set(source.requests) == Set(files.keys))
        #expect(read == UInt64(files.count))
    }

    @Test func theFileThatIsWrongIsNamed() async throws {
        let directory = try TemporaryFolder()
        let head = try Fixture.publishedLog(700, batch: 700, in: directory)
        let files = try directory.contents().filter { $0.key != "checkpoint" }
        let spoil: [([UInt8]) -> [UInt8]] = [
            { $0.dropLast() + [$0[$0.count - 1] ^ 1] }, { Array($0.dropLast()) }, { $0 + [0] }, { _ in [] },
        ]
        for name in files.keys {
            for (position, spoil) in spoil.enumerated() {
                var tampered = files
                tampered[name] = spoil(files[name] ?? [])
                let reader = LogReader(source: TamperedSource(tampered), head: head)
                await #expect(throws: LogReaderError.corrupt(path: name), "\(name) spoiled in way \(position)") {
                    try await reader.checkAll { _ in }
                }
            }
            var lacking = files
            lacking[name] = nil
            let reader = LogReader(source: TamperedSource(lacking), head: head)
            await #expect(throws: TileSourceError.self, "\(name) missing") { try await reader.checkAll { _ in } }
        }
    }

    @Test func anEntryRewrittenWithItsTileIsNamed() async throws {
        let directory = try TemporaryFolder()
        let head = try Fixture.publishedLog(700, batch: 700, in: directory)
        // The same log with another entry 3: files that agree with each other, and not with the signed root.
        let other = try TemporaryFolder()
        var writer = try TileWriter(directory: other.path)
        var entries = Fixture.entries(0..<700)
        entries[3] = Array("another entry".utf8)
        _ = try writer.append(entries: entries, startingAt: 0)
        let forged = try other.contents()

        var files = try directory.contents()
        for name in ["tile/0/000", "tile/entries/000"] { files[name] = forged[name] }
        let patched = LogReader(source: TamperedSource(files), head: head)
        await #expect(throws: LogReaderError.corrupt(path: "tile/entries/000")) { try await patched.checkAll { _ in } }
        let replaced = LogReader(source: TamperedSource(forged), head: head)
        await #expect(throws: LogReaderError.rootMismatch(size: 700)) { try await replaced.checkAll { _ in } }
    }

    @Test func aVisitorStopsTheCheck() async throws {
        let directory = try TemporaryFolder()
        let head = try Fixture.publishedLog(3, in: directory)
        let reader = LogReader(source: DirectoryTileSource(directory: directory.path), head: head)
        await #expect(throws: CancellationError.self) { try await reader.checkAll { _ in throw CancellationError() } }
    }
}
