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
        let findings = try #require(findings(try await log.audit()))
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
        let findings = try #require(findings(try await log.audit()))
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
        let findings = try #require(findings(try await log.audit()))
        #expect(findings.map(\.culprits) == [[.leader]])
    }

    @Test func rejectedReportIsNoLeafOfTheBatch() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [
            try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6]), try log.contribution([7, 8, 9]),
        ]
        log.logReports(contributions)
        log.log(
            .rejected(
                try RejectedEntry(
                    taskID: log.task.taskID, reportID: contributions[1].entry.metadata.reportID, role: .helper,
                    error: .reportDropped, key: log.helperKey)))
        let kept = [contributions[0], contributions[2]]
        try log.logCollection(of: kept)
        try log.publish()
        guard case .verified(let value) = try await log.audit().batches[0].verdict else {
            Issue.record("not verified")
            return
        }
        #expect(value == .vector([8, 10, 12]))
    }

    @Test func withdrawnReportIsNoLeafOfTheBatch() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [
            try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6]), try log.contribution([7, 8, 9]),
        ]
        log.logReports(contributions)
        try log.logWithdrawal(of: contributions[1])
        try log.logCollection(of: [contributions[0], contributions[2]])
        // Too late, and by nobody who may: both change nothing.
        try log.logWithdrawal(of: contributions[0])
        try log.logWithdrawal(of: contributions[2], seed: [UInt8](repeating: 0, count: 32))
        try log.publish()
        let report = try await log.audit()
        guard case .verified(let value) = report.batches[0].verdict else {
            Issue.record("not verified")
            return
        }
        #expect(value == .vector([8, 10, 12]))
        #expect(report.notes.count == 2)
    }

    @Test func withdrawalForgedByAnAggregatorConvictsTheLeaderWhoClosesWithoutTheReport() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [
            try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6]), try log.contribution([7, 8, 9]),
        ]
        log.logReports(contributions)
        try log.logWithdrawal(of: contributions[1], seed: [UInt8](repeating: 0, count: 32))
        try log.logCollection(of: [contributions[0], contributions[2]])
        try log.publish()
        let findings = try #require(findings(try await log.audit()))
        #expect(findings.map(\.culprits) == [[.leader]])
    }

    @Test func rejectionForgedByAStrangerChangesNothing() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        log.logReports(contributions)
        log.log(
            .rejected(
                try RejectedEntry(
                    taskID: log.task.taskID, reportID: contributions[1].entry.metadata.reportID, role: .helper,
                    error: .reportDropped, key: log.ownerKey)))
        try log.logCollection(of: contributions)
        try log.publish()
        let report = try await log.audit()
        #expect(report.isVerified)
        #expect(report.notes.count == 1)
    }

    @Test func secondCloseOfABucketIsVoidAndConvictsNobody() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        try log.logHonestBatch(contributions)
        try log.logClose(log.terms(over: [contributions[0]]))
        try log.publish()
        let report = try await log.audit()
        #expect(report.isVerified)
        #expect(report.batches.count == 1)
        #expect(report.notes.contains { $0.contains("second close") && $0.contains("void") })
    }

    @Test(arguments: [Role.leader, .helper])
    func aStatementUnderASecondCloseConvictsItsSigner(liar: Role) async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [
            try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6]), try log.contribution([7, 8, 9]),
        ]
        try log.logHonestBatch(contributions)
        let fewer = Array(contributions.dropLast())
        let (first, second) = (log.terms(over: contributions), log.terms(over: fewer))
        try log.logClose(second)
        let (all, part) = (try log.shares(of: contributions), try log.shares(of: fewer))
        // The other aggregator did nothing wrong, whatever stands beside its statement.
        log.log(
            .batch(
                BatchEntry(
                    leader: try Statement(
                        role: .leader, terms: liar == .leader ? second : first,
                        shareHash: Blob.hash(liar == .leader ? part.leader : all.leader), key: log.leaderKey),
                    helper: try Statement(
                        role: .helper, terms: liar == .helper ? second : first,
                        shareHash: Blob.hash(liar == .helper ? part.helper : all.helper), key: log.helperKey))))
        try log.publish()
        let report = try await log.audit()
        #expect(!report.isVerified)
        #expect(failures(report).flatMap { $0.map(\.culprits) } == [[liar]])
        guard case .verified = report.batches[0].verdict else {
            Issue.record("the first close lost its result")
            return
        }
    }

    @Test func commitmentSwappedAfterTheClaimKeySignedConvictsBoth() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        var contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        contributions[0].entry.leaderCommitment = contributions[1].entry.leaderCommitment
        log.logReports(contributions)
        try log.logCollection(of: contributions)
        try log.publish()
        let findings = try #require(findings(try await log.audit()))
        #expect(findings.contains { $0.culprits == [.leader, .helper] && $0.text.contains("claim key") })
    }

    @Test func reportLoggedAfterTheCloseCountsForNothing() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        try log.logHonestBatch([try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])])
        log.log(.report(try log.contribution([100, 100, 100]).entry))
        try log.publish()
        let report = try await log.audit()
        guard case .verified(let value) = report.batches[0].verdict else {
            Issue.record("not verified")
            return
        }
        #expect(value == .vector([5, 7, 9]))
        #expect(report.notes.contains { $0.contains("after its batch closed") })
    }

    @Test func statementAboutOtherTermsIsPinnedOnItsSigner() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        log.logReports(contributions)
        let terms = log.terms(over: contributions)
        try log.logClose(terms)
        let shares = try log.shares(of: contributions)
        var other = terms
        other.count += 1
        log.log(
            .batch(
                BatchEntry(
                    leader: try Statement(
                        role: .leader, terms: terms, shareHash: Blob.hash(shares.leader), key: log.leaderKey),
                    helper: try Statement(
                        role: .helper, terms: other, shareHash: Blob.hash(shares.helper), key: log.helperKey))))
        log.blobs += [shares.leader, shares.helper]
        try log.publish()
        let failures = failures(try await log.audit())
        #expect(failures.map { $0.map(\.culprits) } == [[[.helper]]])
    }

    @Test func statementThatTheAggregatorNeverSignedFramesNobody() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        log.logReports(contributions)
        let terms = log.terms(over: contributions)
        try log.logClose(terms)
        let shares = try log.shares(of: contributions)
        log.log(
            .batch(
                BatchEntry(
                    leader: try Statement(
                        role: .leader, terms: terms, shareHash: Blob.hash(shares.leader), key: log.leaderKey),
                    helper: try Statement(
                        role: .helper, terms: terms, shareHash: Blob.hash(shares.leader), key: log.leaderKey))))
        log.blobs += [shares.leader, shares.helper]
        try log.publish()
        let report = try await log.audit()
        #expect(failures(report).isEmpty)
        guard case .unfinished = report.batches[0].verdict else {
            Issue.record("a forged statement made a result")
            return
        }
    }

    @Test func closedBatchWithoutStatementsIsUnfinished() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        log.logReports(contributions)
        try log.logClose(log.terms(over: contributions))
        try log.publish()
        guard case .unfinished = try await log.audit().batches[0].verdict else {
            Issue.record("a batch without statements got a verdict")
            return
        }
    }

    @Test func closeBelowTheMinimumBatchSizeConvictsBoth() async throws {
        var log = try LogFixture(minBatchSize: 3)
        defer { log.removeFiles() }
        try log.logHonestBatch([try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])])
        try log.publish()
        let findings = try #require(findings(try await log.audit()))
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

    private func failures(_ report: AuditReport) -> [[BatchAudit.Finding]] {
        report.batches.compactMap { if case .failed(let findings) = $0.verdict { findings } else { nil } }
    }

    private func findings(_ report: AuditReport) -> [BatchAudit.Finding]? {
        guard case .failed(let findings) = report.batches.first?.verdict else { return nil }
        return findings
    }
}
