import Crypto
import Ed25519
import Ledger
import LedgerFixtures
import Tasks
import Testing
import TransparencyLog

/// An audit looks at entries a window at a time, and nobody who writes the log chooses where one ends.
@Suite struct LogWindowTests {
    private func leaf(_ index: UInt64, bytes: Int) -> LogEntry {
        let bytes = [UInt8](repeating: 7, count: bytes)
        return LogEntry(index: index, bytes: bytes, leafHash: MerkleTree.leafHash(bytes))
    }

    @Test func aWindowEndsByCountAndByBytes() {
        for (size, most) in [(100, LogWindow.mostEntries), (65_535, LogWindow.mostBytes / 65_535 + 1)] {
            var window = LogWindow()
            for index in 0..<UInt64(most) {
                #expect(!window.isFull)
                window.add(.unknown(type: 99, body: []), leaf(index, bytes: size), signatures: [])
            }
            #expect(window.isFull && window.items.count == most)
            window.empty(threads: 1) { _, areValid in #expect(areValid.isEmpty) }
            #expect(!window.isFull && window.items.isEmpty)
        }
    }

    @Test func eachEntryHearsOfItsOwnSignatures() throws {
        let key = Curve25519.Signing.PrivateKey()
        func signed(_ number: Int, isValid: Bool) throws -> SignedMessage {
            let message = Array("message \(number)".utf8)
            var signature = Array(try key.signature(for: message))
            if !isValid { signature[3] ^= 1 }
            return SignedMessage(
                publicKey: Array(key.publicKey.rawRepresentation), signature: signature, message: message)
        }
        let rows: [[Bool?]] = [[true], [], [false], [nil], [true, true], [true, false], [nil, true], [true]]
        var window = LogWindow()
        for (index, row) in rows.enumerated() {
            window.add(
                .unknown(type: 99, body: []), leaf(UInt64(index), bytes: 10),
                signatures: try row.enumerated().map { place, isValid in
                    try isValid.map { try signed(2 * index + place, isValid: $0) }
                })
        }
        var found: [[Bool]] = []
        window.empty(threads: 2) { item, areValid in
            #expect(item.index == UInt64(found.count))
            found.append(areValid)
        }
        #expect(found == rows.map { $0.map { $0 ?? false } })
    }

    /// Between the reports of a task stand entries of others: again and again the same one, tasks that are none, and new
    /// ones. The audit finds what it finds without them.
    @Test func entriesOfTasksBetweenReportsChangeNothing() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = try (0..<12).map { try log.contribution([$0, 1, 2]) }
        let task = log.entries[0]
        for (number, contribution) in contributions.enumerated() {
            let other = try LogFixture(taskInfo: Array("another \(number)".utf8))
            other.removeFiles()
            log.entries += [
                task, LedgerEntry.report(contribution.entry).encoded(), other.entries[0],
                LedgerEntry.task(TaskEntry(configuration: [1, 2, 3], collectorHpkeConfig: [4])).encoded(),
            ]
        }
        // One leaf without a valid claim key, which an aggregator takes out.
        var forged = try log.contribution([9, 9, 9]).entry
        forged.leaderCommitment = contributions[0].entry.leaderCommitment
        log.log(.report(forged))
        log.log(
            .rejected(
                try RejectedEntry(
                    taskID: log.task.taskID, reportID: forged.metadata.reportID, role: .leader, error: .invalidMessage,
                    key: log.leaderKey)))
        try log.logCollection(of: contributions)
        try log.publish()
        let report = try await log.audit()
        #expect(report.tasks.count == 13)
        let audited = try #require(report.batches.first { $0.taskID == log.task.taskID })
        guard case .verified(.vector(let sums)) = audited.verdict else {
            Issue.record("\(audited.verdict)")
            return
        }
        #expect(sums == [66, 12, 24])
        let one = try await Auditor(source: log.source, policy: log.policy).audit(taskID: log.task.taskID)
        #expect(one.tasks.count == 1 && one.isVerified)
    }

    /// Entries in front of a task's own do not count, in the same window or not.
    @Test func whatStandsInFrontOfATasksEntryIsNotAboutIt() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = try (0..<3).map { try log.contribution([$0, 1, 2]) }
        let early = try log.contribution([100, 100, 100])
        log.entries.insert(LedgerEntry.report(early.entry).encoded(), at: 0)
        log.entries.insert(
            LedgerEntry.rejected(
                try RejectedEntry(
                    taskID: log.task.taskID, reportID: contributions[0].entry.metadata.reportID, role: .leader,
                    error: .reportDropped, key: log.leaderKey)
            ).encoded(), at: 1)
        try log.logHonestBatch(contributions)
        try log.publish()
        let report = try await log.audit()
        #expect(report.isVerified && report.batches.map(\.count) == [3])
    }

    /// Every entry of a log can be a reason for a remark; an audit keeps some and counts the others.
    @Test func remarksAreBounded() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = try (0..<2).map { try log.contribution([$0, 1, 2]) }
        log.logReports(contributions)
        for _ in 0..<1_200 { log.logReports([contributions[0]]) }
        log.entries += (0..<1_100).map { _ in [0, 3, 1] }
        try log.publish()
        let notes = try await log.audit().notes
        #expect(notes.count == 2_002)
        #expect(notes.contains { $0.hasPrefix("100 further remarks about entries that cannot be read") })
        #expect(notes.contains { $0.hasPrefix("200 further remarks about task \(log.task.taskID.base64URL)") })
    }
}
