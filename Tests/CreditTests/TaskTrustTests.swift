import Credit
import Crypto
import DAP
import Ledger
import LedgerFixtures
import Tasks
import Testing
import TransparencyLog

/// Which tasks and closes credit counts of: those that the verifier names, and that the log has without a fault.
///
/// A claim brings its own task, so whatever a task says about itself proves nothing.
@Suite struct TaskTrustTests {
    /// What a verifier that has the log refuses.
    private func expectUnconfirmed(by check: ClaimCheck, _ claim: CreditClaim, _ log: LogFixture, tasks: Set<TaskID>)
        async
    {
        let error = await #expect(throws: CreditError.self) { try await confirm(claim, log, tasks: tasks) }
        expectRefusal(by: check, error)
    }

    /// A claim of one unit, made as its contributor would, whether or not the log has what it is about.
    private func claim(
        _ log: LogFixture, over contributions: [LogFixture.Contribution], close: Int, in checkpoint: SignedCheckpoint,
        entries: LogFixture? = nil
    ) throws -> CreditClaim {
        let leaves = contributions.map { LedgerEntry.report($0.entry).encoded() }
        let id = contributions[0].entry.metadata.reportID
        var generator = SystemRandomNumberGenerator()
        return try CreditClaim.make(
            .exactly(1),
            over: [
                ClaimableBatch(
                    task: log.task, closeProof: try (entries ?? log).proof(of: close, in: checkpoint), weights: nil,
                    reports: [
                        ClaimableReport(
                            report: try LoggedReport(bytes: leaves[0]), index: 0,
                            path: try MerkleTree.inclusionProof(
                                index: 0, leafHashes: leaves.map { MerkleTree.leafHash($0) }),
                            opening: nil,
                            claimKey: try ClaimKey.derive(seed: log.seed, taskID: log.task.taskID, reportID: id))
                    ])
            ], context: ClaimFixture.context, using: &generator)
    }

    /// What a verifier does that has the log at hand.
    private func confirm(_ claim: CreditClaim, _ log: LogFixture, tasks: Set<TaskID>) async throws {
        let evidence = try ClaimVerifier(policy: log.policy, tasks: tasks, audience: nil).evidence(of: claim)
        var claimLog = ClaimLog(Auditor(source: log.source, policy: log.policy))
        try await claimLog.confirm(evidence)
    }

    @Test func anHonestClaimStandsInTheLog() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = try (0..<2).map { [log] _ in try log.contribution([1, 2, 3]) }
        try log.logHonestBatch(contributions)
        let claim = try claim(log, over: contributions, close: 3, in: try log.publish())
        try await confirm(claim, log, tasks: [log.task.taskID])
    }

    /// Anybody can write anybody's key and any λ into a task: with a λ of 10^6 it took 999 of a pool of 1,000.
    @Test func aStrangersTaskWithTheVictimsOwnerKeyGivesNoCredit() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        try log.logHonestBatch(try (0..<2).map { [log] _ in try log.contribution([1, 2, 3]) })
        var strangers = try LogFixture(
            credit: CreditPolicy(kind: .priced, bound: 1_000_000),
            lambdaHash: CreditWeights.hash([1_000_000, 1_000_000, 1_000_000]), keys: log, owner: log.ownerKey,
            isSigned: false)
        defer { strangers.removeFiles() }
        let own = try (0..<2).map { [strangers] _ in try strangers.contribution([100, 100, 100]) }
        let close = log.entries.count + 3
        try strangers.logHonestBatch(own)
        log.append(strangers)
        let checkpoint = try log.publish()
        let weights = try CreditWeights(
            lambda: [1_000_000, 1_000_000, 1_000_000], salt: nil, task: strangers.task)
        let leaves = own.map { LedgerEntry.report($0.entry).encoded() }
        var generator = SystemRandomNumberGenerator()
        let claim = try CreditClaim.make(
            .exactly(300_000_000),
            over: [
                ClaimableBatch(
                    task: strangers.task, closeProof: try log.proof(of: close, in: checkpoint), weights: weights,
                    reports: [
                        ClaimableReport(
                            report: try LoggedReport(bytes: leaves[0]), index: 0,
                            path: [MerkleTree.leafHash(leaves[1])], opening: own[0].opening,
                            claimKey: try ClaimKey.derive(
                                seed: strangers.seed, taskID: strangers.task.taskID,
                                reportID: own[0].entry.metadata.reportID))
                    ])
            ], context: ClaimFixture.context, using: &generator)
        // A payer accepts its own task.
        expectRefusal(by: .task) {
            _ = try ClaimVerifier(for: log, audience: nil).evidence(of: claim)
        }
        // Even who is talked into accepting the stranger's finds that its owner has not signed it.
        await expectUnconfirmed(by: .task, claim, log, tasks: [strangers.task.taskID])
    }

    /// A leader alone, with two keys of its own for the two aggregators of a task that nobody else has.
    @Test func aTaskThatALeaderMadeUpGivesNoCreditWithOrWithoutTheLog() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        try log.logHonestBatch(try (0..<2).map { [log] _ in try log.contribution([1, 2, 3]) })
        var fake = try LogFixture(keys: log)
        defer { fake.removeFiles() }
        let never = try (0..<98).map { [fake] _ in try fake.contribution([1, 1, 1]) }
        let taskEntry = fake.entries[0]
        fake.entries = []
        try fake.logClose(fake.terms(over: never))
        log.append(fake)
        let checkpoint = try log.publish()
        let claim = try claim(fake, over: never, close: log.entries.count - 1, in: checkpoint, entries: log)
        expectRefusal(by: .task) { _ = try ClaimVerifier(for: log, audience: nil).evidence(of: claim) }
        await expectUnconfirmed(by: .task, claim, log, tasks: [fake.task.taskID])

        // With the entry, the close convicts the leader: the leaves were never logged.
        let announced = try LogFixture.rewritten(log) { $0.insert(taskEntry, at: $0.count - 1) }
        defer { announced.removeFiles() }
        let later = try self.claim(
            fake, over: never, close: announced.entries.count - 1, in: try announced.publish(), entries: announced)
        await expectUnconfirmed(by: .close, later, announced, tasks: [fake.task.taskID])
    }

    @Test func twoHonestTasksOfOneOwnerDoNotDrainEachOther() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        var other = try LogFixture(keys: log, owner: log.ownerKey, taskInfo: Array("another".utf8))
        defer { other.removeFiles() }
        let contributions = try (0..<2).map { [other] _ in try other.contribution([1, 2, 3]) }
        try other.logHonestBatch(contributions)
        log.append(other)
        let claim = try claim(other, over: contributions, close: 4, in: try log.publish(), entries: log)
        try await confirm(claim, log, tasks: [other.task.taskID])
        await expectUnconfirmed(by: .task, claim, log, tasks: [log.task.taskID])
    }

    @Test func aCloseThatTheAuditConvictsGivesNoCredit() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = try (0..<3).map { [log] _ in try log.contribution([1, 2, 3]) }
        log.logReports(contributions)
        // Without the last leaf, which nobody rejected.
        let kept = Array(contributions.dropLast())
        try log.logCollection(of: kept)
        let claim = try claim(log, over: kept, close: 4, in: try log.publish())
        // Signatures and paths hold, so nothing shows offline.
        _ = try ClaimVerifier(for: log, audience: nil).evidence(of: claim)
        await expectUnconfirmed(by: .close, claim, log, tasks: [log.task.taskID])
    }

    @Test func aSecondCloseGivesNoCredit() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = try (0..<3).map { [log] _ in try log.contribution([1, 2, 3]) }
        try log.logHonestBatch(contributions)
        let again = Array(contributions.dropLast())
        try log.logClose(log.terms(over: again))
        let checkpoint = try log.publish()
        let first = try claim(log, over: contributions, close: 4, in: checkpoint)
        let second = try claim(log, over: again, close: log.entries.count - 1, in: checkpoint)
        try await confirm(first, log, tasks: [log.task.taskID])
        await expectUnconfirmed(by: .close, second, log, tasks: [log.task.taskID])
    }

    /// The same log and witness in another file: only the file whose hash the task names is its policy.
    @Test func thePolicyFileOfAnotherTaskIsRefused() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = try (0..<2).map { [log] _ in try log.contribution([1, 2, 3]) }
        try log.logHonestBatch(contributions)
        let claim = try claim(log, over: contributions, close: 3, in: try log.publish())
        let weaker = log.policyText.replacing("quorum helper", with: "quorum none")
        for text in [weaker, log.policyText + "# another task's\n"] {
            let policy = try LogPolicy(parsing: Array(text.utf8))
            expectRefusal(by: .close) {
                _ = try ClaimVerifier(policy: policy, tasks: [log.task.taskID], audience: nil).evidence(of: claim)
            }
        }
    }

    /// Neither the claim's own checkpoint nor the log at hand may keep silent about the leader's time.
    @Test func aCheckpointWithoutTheLeadersTimeGivesNoCredit() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = try (0..<2).map { [log] _ in try log.contribution([1, 2, 3]) }
        try log.logHonestBatch(contributions)
        let honest = try claim(log, over: contributions, close: 3, in: try log.publish())
        log.leaderTime = nil
        let silent = try claim(log, over: contributions, close: 3, in: try log.publish())
        expectRefusal(by: .close) { _ = try ClaimVerifier(for: log, audience: nil).evidence(of: silent) }
        await expectUnconfirmed(by: .close, honest, log, tasks: [log.task.taskID])
    }

    /// A policy may accept two logs. The task is told in one of them.
    @Test func theTaskInAnotherLogOfItsPolicyIsRefused() async throws {
        let other = try NoteSigner(name: "example.net/log")
        var log = try LogFixture(otherLog: other)
        defer { log.removeFiles() }
        let contributions = try (0..<2).map { [log] _ in try log.contribution([1, 2, 3]) }
        try log.logHonestBatch(contributions)
        let claim = try claim(log, over: contributions, close: 3, in: try log.publish(signer: other))
        expectRefusal(by: .close) { _ = try ClaimVerifier(for: log, audience: nil).evidence(of: claim) }

        let own = try LogFixture.rewritten(log) { _ in }
        defer { own.removeFiles() }
        let honest = try self.claim(log, over: contributions, close: 3, in: try own.publish())
        try await confirm(honest, own, tasks: [log.task.taskID])
        // The claim is about its own log; the one at hand is the other.
        await expectUnconfirmed(by: .close, honest, log, tasks: [log.task.taskID])
    }

    @Test func aTaskWhoseOwnerSignedAnotherGivesNoCredit() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let stolen = try TaskOwnerSignature.sign(taskID: .random(), with: log.ownerKey)
        guard case .task(var entry) = try LedgerEntry(decoding: log.entries[0]) else { return }
        entry.ownerSignature = stolen
        log.entries[0] = LedgerEntry.task(entry).encoded()
        let contributions = try (0..<2).map { [log] _ in try log.contribution([1, 2, 3]) }
        try log.logHonestBatch(contributions)
        let claim = try claim(log, over: contributions, close: 3, in: try log.publish())
        await expectUnconfirmed(by: .task, claim, log, tasks: [log.task.taskID])
    }
}
