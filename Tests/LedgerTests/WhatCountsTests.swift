import Crypto
import DAP
import Foundation
import Ledger
import LedgerFixtures
import Testing
import TransparencyLog

/// The leader alone decides the order of the log and which statements stand together. Whatever it makes of that, it can
/// neither change what counts nor put a lie into the helper's mouth.
@Suite struct WhatCountsTests {
    private static func verdicts(_ report: AuditReport) -> [String] {
        report.batches.map {
            switch $0.verdict {
            case .verified: "verified"
            case .failed(let findings): "failed " + findings.map { "\($0.culprits)" }.joined()
            case .unverified: "unverified"
            case .unfinished: "unfinished"
            }
        }
    }

    @Test func aHonestHelperIsNotConvictedOfWhatTheLeaderMispaired() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        log.logReports(contributions)
        let terms = log.terms(over: contributions)
        try log.logClose(terms)
        let shares = try log.shares(of: contributions)
        let helper = try Statement(
            role: .helper, terms: terms, shareHash: Blob.hash(shares.helper), key: log.helperKey)
        let leader = try Statement(
            role: .leader, terms: terms, shareHash: Blob.hash(shares.leader), key: log.leaderKey)
        // In the wrong place, and beside a statement about nothing that was closed.
        var elsewhere = terms
        elsewhere.root = Blob.hash([1])
        let lie = try Statement(
            role: .leader, terms: elsewhere, shareHash: Blob.hash(shares.leader), key: log.leaderKey)
        log.log(.batch(BatchEntry(leader: helper, helper: leader)))
        log.log(.batch(BatchEntry(leader: lie, helper: helper)))
        log.log(.batch(BatchEntry(leader: leader, helper: helper)))
        log.blobs += [shares.leader, shares.helper]
        try log.publish()
        #expect(Self.verdicts(try await log.audit()) == ["verified", "failed [DAP.Role.leader]"])
    }

    @Test func aBrokenBatchEntryDoesNotHideALaterValidOne() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        log.logReports(contributions)
        let terms = log.terms(over: contributions)
        try log.logClose(terms)
        let shares = try log.shares(of: contributions)
        let forged = try Statement(
            role: .helper, terms: terms, shareHash: Blob.hash(shares.leader), key: log.ownerKey)
        log.log(
            .batch(
                BatchEntry(
                    leader: try Statement(
                        role: .leader, terms: terms, shareHash: Blob.hash(shares.leader), key: log.leaderKey),
                    helper: forged)))
        try log.logBatch(terms, leaderShare: shares.leader, helperShare: shares.helper)
        try log.publish()
        let report = try await log.audit()
        #expect(Self.verdicts(report) == ["verified"])
        #expect(report.notes.contains { $0.contains("not validly signed by the helper") })
    }

    @Test func aFalseShareConvictsWhereverItsStatementIsLogged() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        try log.logHonestBatch(contributions)
        let terms = log.terms(over: contributions)
        var shares = try log.shares(of: contributions)
        shares.leader[0] ^= 1
        // A second statement of the leader, behind a valid pair.
        try log.logBatch(terms, leaderShare: shares.leader, helperShare: shares.helper)
        try log.publish()
        #expect(Self.verdicts(try await log.audit()) == ["failed [DAP.Role.leader]"])
    }

    @Test func theFirstLeafOfAReportIsItsOnlyOne() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        try log.logHonestBatch(contributions)
        // Behind the close of its own batch first, then in another batch: it counts for neither.
        let late = try log.contribution([9, 9, 9])
        log.log(.report(late.entry))
        let other = BatchID.random()
        let others = try [[UInt64]]([[1, 1, 1], [2, 2, 2]]).map { values in
            var contribution = try log.contribution(values)
            contribution.entry.batchID = other
            return contribution
        }
        var again = late
        again.entry.batchID = other
        log.logReports(others + [again])
        var root = BatchRoot()
        for contribution in others + [again] { root.append(entry: LedgerEntry.report(contribution.entry).encoded()) }
        try log.logClose(
            CloseEntry.Terms(
                taskID: log.task.taskID, selector: BatchScope.batch(other).selector, root: root.root,
                count: root.count))
        try log.publish()
        let report = try await log.audit()
        #expect(Self.verdicts(report) == ["verified", "failed [DAP.Role.leader]"])
        #expect(report.notes.contains { $0.contains("logged twice") })
    }

    /// A leader that refused a report, or took its withdrawal, cannot slip the leaf in afterwards.
    @Test func aLeafBehindItsEndCountsForNothing() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        let (rejected, withdrawn) = (try log.contribution([9, 9, 9]), try log.contribution([8, 8, 8]))
        log.log(
            .rejected(
                try RejectedEntry(
                    taskID: log.task.taskID, reportID: rejected.entry.metadata.reportID, role: .leader,
                    error: .reportDropped,
                    key: log.leaderKey)))
        try log.logWithdrawal(of: withdrawn)
        // A stranger's withdrawal of the same id is about another claim key.
        try log.logWithdrawal(of: contributions[0], seed: [UInt8](repeating: 7, count: 32))
        log.logReports([rejected, withdrawn] + contributions)
        try log.logCollection(of: contributions)
        try log.publish()
        #expect(Self.verdicts(try await log.audit()) == ["verified"])

        var lie = try LogFixture()
        defer { lie.removeFiles() }
        let (first, second) = (try lie.contribution([1, 2, 3]), try lie.contribution([4, 5, 6]))
        try lie.logWithdrawal(of: second)
        lie.logReports([first, second])
        try lie.logCollection(of: [first, second])
        try lie.publish()
        #expect(Self.verdicts(try await lie.audit()) == ["failed [DAP.Role.leader]"])
    }

    @Test func entriesInFrontOfTheirTaskCountForNothing() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        let task = log.entries.removeFirst()
        log.logReports(contributions)
        log.entries.append(task)
        try log.logCollection(of: contributions)
        try log.publish()
        // The close is over leaves that are none.
        #expect(Self.verdicts(try await log.audit()) == ["failed [DAP.Role.leader]", "unverified"].dropLast())
    }

    @Test func aCloseOverMoreReportsThanTheTaskAllowsConvictsBoth() async throws {
        var log = try LogFixture(maxBatchSize: 2)
        defer { log.removeFiles() }
        try log.logHonestBatch([
            try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6]), try log.contribution([7, 8, 9]),
        ])
        try log.publish()
        #expect(Self.verdicts(try await log.audit()) == ["failed [DAP.Role.leader, DAP.Role.helper]"])
    }

    @Test func aCloseOfAnotherBatchModeConvictsBoth() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        try log.logHonestBatch([try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])])
        try log.logClose(
            CloseEntry.Terms(
                taskID: log.task.taskID, selector: .timeInterval(Interval(start: 0, duration: 10)),
                root: BatchRoot().root, count: 0))
        try log.publish()
        #expect(
            Self.verdicts(try await log.audit()) == ["verified", "failed [DAP.Role.leader, DAP.Role.helper]"])
    }

    @Test func aReportFromOutsideOfTheTasksIntervalConvictsBoth() async throws {
        var log = try LogFixture(taskInterval: Interval(start: 29_000_001, duration: 10))
        defer { log.removeFiles() }
        try log.logHonestBatch([try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])])
        try log.publish()
        let verdicts = Self.verdicts(try await log.audit())
        #expect(verdicts == ["failed [DAP.Role.leader, DAP.Role.helper][DAP.Role.leader, DAP.Role.helper]"])
    }
}
