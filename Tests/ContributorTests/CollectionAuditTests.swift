import Contributor
import DAP
import Foundation
import Ledger
import LedgerFixtures
import Tasks
import Testing
import TransparencyLog

/// What the leader answers a collector is its word; what the log proves is used.
@Suite struct CollectionAuditTests {
    /// A collected batch in a log, and the honest answer about it.
    private struct Collected {
        var log: LogFixture
        var contributions: [LogFixture.Contribution]
        var leader: [UInt8]
        var helper: [UInt8]

        func outcome(
            count: UInt64 = 2, interval: Interval = Interval(start: 29_000_000, duration: 1),
            value: [UInt128] = [5, 7, 9], leader: [UInt8]? = nil, helper: [UInt8]? = nil
        ) -> CollectionOutcome {
            CollectionOutcome(
                count: count, interval: interval, value: .vector(value), leaderShare: leader ?? self.leader,
                helperShare: helper ?? self.helper)
        }

        func verdict(_ outcome: CollectionOutcome, query: Query = .leaderSelected) async -> CollectionVerdict {
            await outcome.verdict(of: log.task.taskID, query: query, source: log.source, policy: log.policy)
        }
    }

    private func collected(publish: PublishMode = .public) throws -> Collected {
        var log = try LogFixture(publish: publish)
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        try log.logHonestBatch(contributions)
        if publish == .collector { log.blobs = [] }
        try log.publish()
        let shares = try log.shares(of: contributions)
        return Collected(log: log, contributions: contributions, leader: shares.leader, helper: shares.helper)
    }

    private func expectContradiction(_ verdict: CollectionVerdict, _ words: String) {
        guard case .contradicted(let reason) = verdict else {
            Issue.record("the log was not heard: \(verdict)")
            return
        }
        #expect(reason.contains(words), "\(reason)")
    }

    /// The collector's own shares take the place of blobs that nobody publishes.
    @Test(arguments: PublishMode.allCases) func anHonestAnswerIsTheAuditedResult(publish: PublishMode) async throws {
        let batch = try collected(publish: publish)
        defer { batch.log.removeFiles() }
        guard case .audited(let result) = await batch.verdict(batch.outcome()) else {
            Issue.record("the honest answer is not the log's")
            return
        }
        #expect(result.selector == BatchScope.batch(batch.log.batchID).selector)
        #expect(result.count == 2 && result.value == .vector([5, 7, 9]))
    }

    @Test func aWrongCountIntervalOrValueContradictsTheLog() async throws {
        let batch = try collected()
        defer { batch.log.removeFiles() }
        expectContradiction(await batch.verdict(batch.outcome(count: 3000)), "says 3000 reports")
        expectContradiction(
            await batch.verdict(batch.outcome(interval: Interval(start: 0, duration: 29_000_001))), "interval")
        expectContradiction(await batch.verdict(batch.outcome(value: [5, 7, 10])), "another value")
    }

    /// A leader that adds (m' - m)·p to its share makes any number of reports fit the same sum.
    @Test func aShareThatItsAggregatorDidNotSignContradictsTheLog() async throws {
        let batch = try collected()
        defer { batch.log.removeFiles() }
        var forged = batch.leader
        forged[8] ^= 1
        for outcome in [
            batch.outcome(count: 3000, leader: forged), batch.outcome(helper: forged),
            batch.outcome(leader: batch.helper, helper: batch.leader),
        ] {
            expectContradiction(await batch.verdict(outcome), "no batch in the log")
        }
    }

    @Test func anotherBatchesResultContradictsTheLog() async throws {
        var batch = try collected()
        defer { batch.log.removeFiles() }
        // The shares of a batch of the other mode are never what an interval was asked for.
        expectContradiction(
            await batch.verdict(batch.outcome(), query: .timeInterval(Interval(start: 29_000_000, duration: 1))),
            "another batch")

        // Another task's result, with shares that its own log proves.
        var other = try collected()
        defer { other.log.removeFiles() }
        expectContradiction(
            await batch.verdict(other.outcome(leader: other.leader, helper: other.helper)), "no batch in the log")
        (batch.leader, other.leader) = (other.leader, batch.leader)
        expectContradiction(await batch.verdict(batch.outcome()), "no batch in the log")
    }

    @Test func aBatchThatFailsItsAuditIsNotUsed() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        log.logReports(contributions)
        var shares = try log.shares(of: contributions)
        shares.leader[0] &+= 1
        try log.logCollection(of: contributions) { $0.leader = shares.leader }
        try log.publish()
        let outcome = CollectionOutcome(
            count: 2, interval: Interval(start: 29_000_000, duration: 1), value: .vector([6, 7, 9]),
            leaderShare: shares.leader, helperShare: shares.helper)
        expectContradiction(
            await outcome.verdict(
                of: log.task.taskID, query: .leaderSelected, source: log.source, policy: log.policy),
            "does not open")
    }

    @Test func aLogThatCannotBeReadSaysNothing() async throws {
        let batch = try collected()
        defer { batch.log.removeFiles() }
        let nowhere = DirectoryTileSource(directory: NSTemporaryDirectory() + "no-log-\(UUID().uuidString)")
        let verdict = await batch.outcome().verdict(
            of: batch.log.task.taskID, query: .leaderSelected, source: nowhere, policy: batch.log.policy)
        guard case .unaudited(let reason) = verdict else {
            Issue.record("a log that is not there gave a verdict: \(verdict)")
            return
        }
        #expect(reason.contains("no checkpoint"))
    }
}
