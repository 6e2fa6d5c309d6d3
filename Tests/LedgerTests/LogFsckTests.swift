import Crypto
import DAP
import Foundation
import Ledger
import LedgerFixtures
import Testing
import TransparencyLog

/// `fsck` names the first file of a log that is missing or wrong, and the ways in which a log can lie about its past.
@Suite struct LogFsckTests {
    private func log() throws -> LogFixture {
        var log = try LogFixture()
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        try log.logHonestBatch(contributions)
        let (model, result) = (Array("model".utf8), Array("result".utf8))
        log.log(
            .model(
                try ModelEntry(
                    taskID: log.task.taskID, selector: BatchScope.batch(log.batchID).selector,
                    resultHash: Blob.hash(result), previousModelHash: Blob.hash([]), modelHash: Blob.hash(model),
                    owner: log.ownerKey)))
        log.blobs += [model, result]
        log.entries.append([0xFF, 0xF0, 1])
        log.entries.append([0, 1])
        return log
    }

    private func fsck(_ log: LogFixture, earlier: Checkpoint? = nil) async -> FsckReport {
        await LogFsck(source: log.source, policy: log.policy, earlier: earlier).run()
    }

    @Test func aWholeLogIsSound() async throws {
        let log = try log()
        defer { log.removeFiles() }
        try log.publish()
        let report = await fsck(log)
        #expect(report.isSound && report.fault == nil)
        #expect(
            report.entries == ["task": 1, "report": 2, "close": 1, "batch": 1, "model": 1, "type 65520": 1])
        #expect(report.unreadable == [7])
        #expect(report.files == 2 && report.blobs == 4)
        let unsigned = await LogFsck(source: log.source, policy: nil).run()
        #expect(unsigned.isSound && unsigned.verdict == nil)
    }

    @Test func everySpoiledFileIsNamed() async throws {
        let log = try log()
        defer { log.removeFiles() }
        try log.publish()
        let names = try FileManager.default.subpathsOfDirectory(atPath: log.directory).filter { name in
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: "\(log.directory)/\(name)", isDirectory: &isFolder)
            return !isFolder.boolValue
        }
        #expect(names.count == 7)
        for name in names {
            let url = URL(fileURLWithPath: "\(log.directory)/\(name)")
            let good = try Data(contentsOf: url)
            var bad = good
            bad[bad.count - 2] ^= 1
            try bad.write(to: url)
            var fault = try #require(await fsck(log).fault, "\(name) spoiled")
            #expect(fault.kind == .inconsistent && fault.path == name)
            try FileManager.default.removeItem(at: url)
            fault = try #require(await fsck(log).fault, "\(name) removed")
            #expect(fault.kind == .missing)
            // Where a partial tile is missing, the full one may stand in for it, so that is the one that is named.
            #expect(name.hasPrefix(fault.path))
            try good.write(to: url)
        }
        #expect(await fsck(log).isSound)
    }

    @Test func aLogMustHaveTheQuorum() async throws {
        let log = try log()
        defer { log.removeFiles() }
        try log.publish(cosigned: false)
        let fault = try #require(await fsck(log).fault)
        #expect(fault.kind == .inconsistent && fault.path == "checkpoint" && fault.reason.contains("quorum helper"))
    }

    @Test func rewindAndSplitViewAreTold() async throws {
        let log = try log()
        defer { log.removeFiles() }
        let seen = try log.publish().checkpoint

        var grown = log
        grown.log(.report(try log.contribution([7, 8, 9]).entry))
        try grown.publish()
        #expect(await fsck(log, earlier: seen).isSound)

        // The log's own key signs a shorter and a different history; only what was seen before can tell.
        let rewound = try LogFixture.rewritten(log) { $0.removeLast() }
        defer { rewound.removeFiles() }
        try rewound.publish()
        #expect(await fsck(rewound).isSound)
        var fault = try #require(await fsck(rewound, earlier: seen).fault)
        #expect(fault.kind == .inconsistent && fault.reason.contains("rewound"))

        let forked = try LogFixture.rewritten(log) { $0.swapAt(1, 2) }
        defer { forked.removeFiles() }
        try forked.publish()
        #expect(await fsck(forked).isSound)
        fault = try #require(await fsck(forked, earlier: seen).fault)
        #expect(fault.kind == .inconsistent && fault.reason.contains("split view"))
    }

    @Test func aSourceThatFailsTellsNothingAboutTheLog() async throws {
        struct NoConnection: Error {}
        struct Unreachable: TileSource {
            func tile(path: String) async throws -> [UInt8] { throw NoConnection() }
        }
        let fault = try #require(await LogFsck(source: Unreachable(), policy: nil).run().fault)
        #expect(fault.kind == .unreachable && fault.path == "checkpoint" && fault.reason.contains("NoConnection"))
    }

    @Test func aLogOfAnotherNameIsNotThisOne() async throws {
        let log = try log()
        defer { log.removeFiles() }
        try log.publish()
        let other = try Checkpoint(origin: "example.org/other", size: 1, root: [UInt8](repeating: 0, count: 32))
        let fault = try #require(await fsck(log, earlier: other).fault)
        #expect(fault.path == "checkpoint" && fault.reason.contains("example.org/other"))
    }
}
