import DAP
import Foundation
import Ledger
import LedgerFixtures
import Testing
import TransparencyLog

/// Promise P3 at the level of the log: one honest batch verifies, and every lie is found and pinned on its author.
@Suite struct AuditTests {
    @Test func honestBatchVerifiesWithTheExactSum() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        try log.logHonestBatch([
            try log.contribution([1, 2, 3]), try log.contribution([100, 0, 7]), try log.contribution([0, 50, 100]),
        ])
        try log.publish()
        let report = try await log.audit()
        #expect(report.isVerified)
        #expect(report.batches.count == 1)
        guard case .verified(let value) = report.batches[0].verdict else {
            Issue.record("\(report.batches[0].verdict)")
            return
        }
        #expect(value == .vector([101, 52, 110]))
        #expect(report.batches[0].count == 3)
    }

    @Test(arguments: [Role.leader, .helper])
    func aggregatorThatSignsAFalseShareIsNamed(liar: Role) async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        log.logReports(contributions)
        try log.logCollection(of: contributions) { shares in
            if liar == .leader { shares.leader[0] ^= 1 } else { shares.helper[0] ^= 1 }
        }
        try log.publish()
        let findings = try #require(try await log.audit().findings)
        #expect(findings.map(\.culprits) == [[liar]])
    }

    @Test func sharesThatLieInOppositeDirectionsAreBothNamed() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        log.logReports(contributions)
        try log.logCollection(of: contributions) { shares in
            shares.leader[1] &+= 1
            shares.helper[1] &-= 1
        }
        try log.publish()
        let findings = try #require(try await log.audit().findings)
        #expect(findings.map(\.culprits) == [[.leader], [.helper]])
    }

    @Test func missingShareGivesNoVerdict() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        try log.logHonestBatch(contributions)
        try log.publish()
        let shares = try log.shares(of: contributions)
        try FileManager.default.removeItem(
            atPath: log.directory + "/" + Blob.path(hash: Blob.hash(shares.helper)))
        let report = try await log.audit()
        guard case .unverified(let reasons) = report.batches[0].verdict else {
            Issue.record("\(report.batches[0].verdict)")
            return
        }
        #expect(reasons.count == 1 && reasons[0].contains("helper"))
        #expect(!report.isVerified)
    }

    @Test func blobWithOtherBytesThanItsNameGivesNoVerdict() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        try log.logHonestBatch(contributions)
        try log.publish()
        let shares = try log.shares(of: contributions)
        var changed = shares.leader
        changed[0] ^= 1
        try Data(changed).write(
            to: URL(fileURLWithPath: log.directory + "/" + Blob.path(hash: Blob.hash(shares.leader))))
        guard case .unverified = try await log.audit().batches[0].verdict else {
            Issue.record("a share that does not have its hash was used")
            return
        }
    }

    @Test func closeThatDoesNotFitTheLeavesBeforeItConvictsTheLeaderWhoOrdersTheLog() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [
            try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6]), try log.contribution([7, 8, 9]),
        ]
        log.logReports(contributions)
        let kept = Array(contributions.dropLast())
        try log.logCollection(of: kept)
        try log.publish()
        let findings = try #require(try await log.audit().findings)
        #expect(findings.map(\.culprits) == [[.leader]])
    }

    @Test func closeBelowTheMinimumBatchSizeConvictsBoth() async throws {
        var log = try LogFixture(minBatchSize: 3)
        defer { log.removeFiles() }
        try log.logHonestBatch([try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])])
        try log.publish()
        let findings = try #require(try await log.audit().findings)
        #expect(findings.map(\.culprits) == [[.leader, .helper]])
    }

    @Test func checkpointWithoutTheQuorumIsRefused() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        try log.logHonestBatch([try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])])
        try log.publish(cosigned: false)
        await #expect(throws: AuditError.self) { try await log.audit() }
    }

    @Test func changedEntryBundleIsNoticed() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        try log.logHonestBatch([try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])])
        try log.publish()
        let path = log.directory + "/tile/entries/000.p/\(log.entries.count)"
        var bundle = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        bundle[bundle.count / 2] ^= 1
        try Data(bundle).write(to: URL(fileURLWithPath: path))
        await #expect(throws: AuditError.self) { try await log.audit() }
    }
}
