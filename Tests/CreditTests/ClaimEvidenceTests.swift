import Credit
import Foundation
import Ledger
import LedgerFixtures
import Tasks
import Testing
import TransparencyLog

/// A claim rests on a log, a close and a λ. Where one of them is not what the verifier trusts, it is refused.
@Suite struct ClaimEvidenceTests {
    /// λ is swapped after the fact.
    @Test func aClaimAboutAnotherLambdaIsRefused() async throws {
        let fixture = try await ClaimFixture(inputs: ClaimTests.inputs, lambda: ClaimTests.lambda)
        defer { fixture.log.removeFiles() }
        var lambda = ClaimTests.lambda
        lambda[0] += 1
        #expect(throws: CreditError.self) { try CreditWeights(lambda: lambda, salt: nil, task: fixture.log.task) }
        lambda = [3, -2, 6]
        let other = try CreditWeights(lambda: lambda, task: fixture.log.task)
        let claim = try fixture.claim(.atLeast(5), [0])
        expectRefusal(by: .weights) { try fixture.verify(claim.encoded(), weights: other) }
        // The digest is changed along with it.
        var changed = claim
        changed.batches[0].weightsDigest = other.digest
        let file = try fixture.signedAgain(changed, [0]).encoded()
        expectRefusal(by: .proof) { try fixture.verify(file, weights: other) }
    }

    /// An aggregator that publishes a false share would choose everybody's λ.
    @Test func aResultThatFailsTheAuditGivesNoLambda() async throws {
        for isHonest in [true, false] {
            var log = try LogFixture(credit: CreditPolicy(kind: .alignment, bound: 100_000))
            defer { log.removeFiles() }
            let contributions = try ClaimTests.inputs.map { [log] in try log.contribution($0) }
            log.logReports(contributions)
            try log.logCollection(of: contributions) { shares in
                if !isHonest { shares.leader[0] ^= 1 }
            }
            try log.publish()
            let auditor = Auditor(source: log.source, policy: log.policy)
            let batch = try #require(try await auditor.closedBatches(of: log.task.taskID).first)
            if isHonest {
                #expect(try await auditor.aggregate(of: batch) == .vector([106, 57, 115]))
            } else {
                await #expect(throws: AuditError.self) { try await auditor.aggregate(of: batch) }
            }
        }
    }

    @Test func aLogThatTheVerifierDoesNotTrustIsRefused() async throws {
        let fixture = try await ClaimFixture(inputs: ClaimTests.inputs)
        defer { fixture.log.removeFiles() }
        let other = try LogFixture()
        defer { other.removeFiles() }
        let claim = try fixture.claim(.exactly(1), [0])
        expectRefusal(by: .close) {
            _ = try ClaimVerifier(policy: other.policy, tasks: [fixture.log.task.taskID], audience: nil)
                .evidence(of: claim)
        }
    }

    /// Only leaves under a close that both aggregators signed count.
    @Test func aCloseThatOneAggregatorDidNotSignIsRefused() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = try (0..<2).map { [log] _ in try log.contribution([1, 2, 3]) }
        log.logReports(contributions)
        let terms = log.terms(over: contributions)
        log.log(
            .close(
                CloseEntry(
                    terms: terms, leaderSignature: try terms.sign(with: log.leaderKey),
                    helperSignature: try terms.sign(with: log.leaderKey))))
        let checkpoint = try log.publish()
        let reader = LogReader(source: log.source, head: checkpoint.checkpoint.head)
        let index = UInt64(log.entries.count - 1)
        let proof = TlogProof(
            extra: log.entries[Int(index)], index: index, inclusionProof: try await reader.inclusionProof(index: index),
            checkpoint: checkpoint)
        let entry = contributions[0].entry
        var generator = SystemRandomNumberGenerator()
        let claim = try CreditClaim.make(
            .exactly(1),
            over: [
                ClaimableBatch(
                    task: log.task, closeProof: proof, weights: nil,
                    reports: [
                        ClaimableReport(
                            report: try LoggedReport(bytes: LedgerEntry.report(entry).encoded()), index: 0,
                            path: [MerkleTree.leafHash(LedgerEntry.report(contributions[1].entry).encoded())],
                            opening: nil,
                            claimKey: try ClaimKey.derive(
                                seed: log.seed, taskID: log.task.taskID, reportID: entry.metadata.reportID))
                    ])
            ], context: ClaimFixture.context, using: &generator)
        expectRefusal(by: .close) { _ = try ClaimVerifier(for: log, audience: nil).evidence(of: claim) }
    }
}
