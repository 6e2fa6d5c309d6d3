import Crypto
import DAP
import Ledger
import LedgerFixtures
import Tasks
import Testing
import TransparencyLog

/// What a contributor reads in the log about a report whose upload ended in doubt.
@Suite struct LoggedEndsTests {
    private func search(_ log: LogFixture, _ contributions: [LogFixture.Contribution]) throws -> LoggedEnds {
        LoggedEnds(
            task: log.task,
            claimKeys: Dictionary(
                uniqueKeysWithValues: try contributions.map { contribution in
                    let id = contribution.entry.metadata.reportID
                    let key = try ClaimKey.derive(seed: log.seed, taskID: log.task.taskID, reportID: id)
                    return (id, Array(key.publicKey.rawRepresentation))
                }))
    }

    private func end(_ log: LogFixture, of contribution: LogFixture.Contribution) async throws -> LoggedEnds.End? {
        try log.publish()
        var ends = try search(log, [contribution])
        try await ends.read(from: log.source, policy: log.policy)
        return ends.end(of: contribution.entry.metadata.reportID)
    }

    private func rejected(
        _ contribution: LogFixture.Contribution, _ log: LogFixture, by key: Curve25519.Signing.PrivateKey,
        as role: Role = .leader
    ) throws -> LedgerEntry {
        .rejected(
            try RejectedEntry(
                taskID: log.task.taskID, reportID: contribution.entry.metadata.reportID, role: role,
                error: .reportDropped, key: key))
    }

    @Test func aLeafCountsAndEndsTakeItOut() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let all = try (0..<5).map { try log.contribution([UInt64($0), 1, 2]) }
        log.logReports(Array(all[0..<3]))
        try log.logWithdrawal(of: all[1])
        log.log(try rejected(all[2], log, by: log.helperKey, as: .helper))
        try log.logWithdrawal(of: all[3])
        try log.publish()
        var ends = try search(log, all)
        try await ends.read(from: log.source, policy: log.policy)
        #expect(
            all.map { ends.end(of: $0.entry.metadata.reportID) } == [.counts, .withdrawn, .rejected, .withdrawn, nil])

        // Reading on sees what is new, and only that.
        log.log(try rejected(all[4], log, by: log.leaderKey))
        try log.logWithdrawal(of: all[0])
        try log.publish()
        try await ends.read(from: log.source, policy: log.policy)
        #expect(ends.end(of: all[4].entry.metadata.reportID) == .rejected)
        #expect(ends.end(of: all[0].entry.metadata.reportID) == .withdrawn)
    }

    @Test func whatTheOwnersOfKeysDidNotSignEndsNothing() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let report = try log.contribution([1, 2, 3])
        try log.logWithdrawal(of: report, seed: [UInt8](repeating: 5, count: 32))
        log.log(try rejected(report, log, by: log.leaderKey, as: .helper))
        log.log(try rejected(report, log, by: Curve25519.Signing.PrivateKey()))
        #expect(try await end(log, of: report) == nil)
        log.logReports([report])
        try log.logWithdrawal(of: report, seed: [UInt8](repeating: 5, count: 32))
        #expect(try await end(log, of: report) == .counts)
    }

    /// As for every reader of the log: an end in front of the leaf takes it out, one behind the close does not.
    @Test func endsCountWhereTheyCountForAll() async throws {
        var early = try LogFixture()
        defer { early.removeFiles() }
        let report = try early.contribution([1, 2, 3])
        early.log(try rejected(report, early, by: early.leaderKey))
        try early.logWithdrawal(of: report)
        early.logReports([report])
        #expect(try await end(early, of: report) == .withdrawn)

        var late = try LogFixture()
        defer { late.removeFiles() }
        let batch = try (0..<2).map { try late.contribution([UInt64($0), 1, 2]) }
        try late.logHonestBatch(batch)
        try late.logWithdrawal(of: batch[0])
        late.log(try rejected(batch[0], late, by: late.leaderKey))
        #expect(try await end(late, of: batch[0]) == .counts)
    }

    @Test func leavesThatCountForNothingAreNone() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let (mine, behind) = (try log.contribution([1, 2, 3]), try log.contribution([3, 2, 1]))
        // Somebody else's leaf under the report's id, which keeps the report's own from counting.
        let other = try log.contribution([9, 9, 9])
        var stolen = other.entry
        stolen.metadata = ReportMetadata(
            reportID: mine.entry.metadata.reportID, time: other.entry.metadata.time,
            publicExtensions: other.entry.metadata.publicExtensions)
        log.log(.report(stolen))
        log.logReports([mine])
        #expect(try await end(log, of: mine) == nil)
        try log.logWithdrawal(of: mine)
        #expect(try await end(log, of: mine) == .withdrawn)
        // A leaf that comes behind the close of its batch.
        try log.logClose(log.terms(over: try (0..<2).map { try log.contribution([UInt64($0), 1, 2]) }))
        log.logReports([behind])
        #expect(try await end(log, of: behind) == nil)
    }

    /// A leader that logs the task late: ends in front of the entry are none for anybody, so they must be none here.
    @Test func entriesInFrontOfTheTaskEndNothing() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let task = log.entries.removeFirst()
        let (withdrawn, rejected) = (try log.contribution([1, 2, 3]), try log.contribution([3, 2, 1]))
        try log.logWithdrawal(of: withdrawn)
        log.log(try self.rejected(rejected, log, by: log.leaderKey))
        #expect(try await end(log, of: withdrawn) == nil)
        log.entries.append(task)
        #expect(try await end(log, of: withdrawn) == nil)
        #expect(try await end(log, of: rejected) == nil)
        log.logReports([withdrawn, rejected])
        #expect(try await end(log, of: withdrawn) == .counts)
        #expect(try await end(log, of: rejected) == .counts)
    }

    /// A policy may name several logs. The task's is the one that it names.
    @Test func anotherLogOfThePolicyEndsNothing() async throws {
        let other = try NoteSigner(name: "other.example/log")
        var log = try LogFixture(otherLog: other)
        defer { log.removeFiles() }
        let report = try log.contribution([1, 2, 3])
        try log.logWithdrawal(of: report)
        try log.publish(signer: other)
        var ends = try search(log, [report])
        await #expect(throws: AuditError.self) { try await ends.read(from: log.source, policy: log.policy) }
        #expect(ends.end(of: report.entry.metadata.reportID) == nil)
    }

    @Test func aLogWithoutItsQuorumSaysNothing() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let report = try log.contribution([1, 2, 3])
        try log.logWithdrawal(of: report)
        try log.publish(cosigned: false)
        var ends = try search(log, [report])
        await #expect(throws: AuditError.self) { try await ends.read(from: log.source, policy: log.policy) }
        #expect(ends.end(of: report.entry.metadata.reportID) == nil)
    }
}
