import DAP
import Foundation
import Ledger
import LedgerFixtures
import Testing
import TransparencyLog

/// Which reports are leaves of a batch, and whom it convicts where the close says otherwise.
@Suite struct AuditLeafTests {
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
        let findings = try #require(try await log.audit().findings)
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

    @Test func commitmentSwappedAfterTheClaimKeySignedConvictsBoth() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        var contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        contributions[0].entry.leaderCommitment = contributions[1].entry.leaderCommitment
        log.logReports(contributions)
        try log.logCollection(of: contributions)
        try log.publish()
        let findings = try #require(try await log.audit().findings)
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
}
