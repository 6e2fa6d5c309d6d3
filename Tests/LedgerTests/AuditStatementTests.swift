import DAP
import Foundation
import Ledger
import LedgerFixtures
import Testing
import TransparencyLog

/// Who is named by a statement, and under which close.
@Suite struct AuditStatementTests {
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
        #expect(report.failures.flatMap { $0.map(\.culprits) } == [[liar]])
        guard case .verified = report.batches[0].verdict else {
            Issue.record("the first close lost its result")
            return
        }
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
        let failures = try await log.audit().failures
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
        #expect(report.failures.isEmpty)
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
}
