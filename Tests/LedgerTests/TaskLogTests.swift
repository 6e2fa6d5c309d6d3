import Crypto
import DAP
import Ledger
import LedgerFixtures
import Tasks
import Testing
import TransparencyLog

/// A task is told in one log, under one policy file, and its owner has signed it.
@Suite struct TaskLogTests {
    private static func audit(_ log: LogFixture, _ policy: LogPolicy) async throws -> AuditReport {
        try await Auditor(source: log.source, policy: policy).audit()
    }

    private func expectUnverified(_ report: AuditReport, _ words: String) {
        #expect(!report.isVerified)
        guard case .unverified(let reasons) = report.batches.first?.verdict else {
            Issue.record("a batch was judged by what is not its task's: \(report.batches)")
            return
        }
        #expect(reasons.contains { $0.contains(words) }, "\(reasons)")
    }

    @Test func aPolicyFileThatTheTaskDoesNotNameGivesNoVerdict() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        try log.logHonestBatch([try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])])
        try log.publish()
        #expect(try await log.audit().isVerified)
        let weaker = try LogPolicy(
            parsing: Array(log.policyText.replacing("quorum helper", with: "quorum none").utf8))
        expectUnverified(try await Self.audit(log, weaker), "names the log policy")
        let auditor = Auditor(source: log.source, policy: weaker)
        await #expect(throws: AuditError.self) { try await auditor.closedBatches(of: log.task.taskID) }
    }

    @Test func aLogThatTheTaskDoesNotNameGivesNoVerdict() async throws {
        let other = try NoteSigner(name: "example.net/log")
        var log = try LogFixture(otherLog: other)
        defer { log.removeFiles() }
        try log.logHonestBatch([try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])])
        try log.publish(signer: other)
        expectUnverified(try await log.audit(), "names the log key")
    }

    /// Who copies genuine entries into a log of its own, and leaves out the close, makes honest signatures look false.
    @Test func aStrangersLogConvictsNobody() async throws {
        let stranger = try NoteSigner(name: "example.net/log")
        var log = try LogFixture(modelHash: Blob.hash([1]), otherLog: stranger)
        defer { log.removeFiles() }
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        try log.logHonestBatch(contributions)
        let terms = log.terms(over: contributions)
        log.log(
            .model(
                try ModelEntry(
                    taskID: log.task.taskID, selector: terms.selector, resultHash: Blob.hash([2]),
                    previousModelHash: Blob.hash([1]), modelHash: Blob.hash([3]), owner: log.ownerKey)))
        log.entries.removeAll { bytes in
            if case .close = try? LedgerEntry(decoding: bytes) { true } else { false }
        }
        try log.publish()
        let own = try await log.audit()
        #expect(own.batches.contains { if case .failed = $0.verdict { true } else { false } })
        #expect(!own.lineage.isEmpty)

        let copied = try LogFixture.rewritten(log) { _ in }
        defer { copied.removeFiles() }
        try copied.publish(signer: stranger)
        let report = try await copied.audit()
        #expect(!report.isVerified && report.lineage.isEmpty)
        #expect(report.batches.allSatisfy { if case .failed = $0.verdict { false } else { true } })
    }

    /// A leader that dropped what it promised keeps silent about the time from the deadline on, or states a wrong one.
    @Test func aCheckpointWithoutTheLeadersConfirmedTimeGivesNoVerdict() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        try log.logHonestBatch(contributions)
        let shares = try log.shares(of: contributions)
        func collect() async throws -> CollectedBatch? {
            try await Auditor(source: log.source, policy: log.policy).collectedBatch(
                of: log.task.taskID, leaderShare: shares.leader, helperShare: shares.helper)
        }
        try log.publish()
        #expect(try await log.audit().isVerified)
        #expect(try await collect() != nil)
        let late = log.cosignedAt + LeaderTime.tolerance + 1
        for (time, words) in [(nil, "the leader has not signed a time on the checkpoint"), (late, "no quorum")] {
            log.leaderTime = time
            try log.publish()
            expectUnverified(try await log.audit(), words)
            await #expect(throws: AuditError.self) { try await collect() }
            let auditor = Auditor(source: log.source, policy: log.policy)
            await #expect(throws: AuditError.self) { try await auditor.closedBatches(of: log.task.taskID) }
        }
    }

    /// The time is that of the task's own leader: a second task in the log, with another, has none.
    @Test func aStrangersTimeIsNotTheLeaders() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        try log.logHonestBatch([try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])])
        log.leaderTime = nil
        var checkpoint = try log.publish()
        let stranger = try Cosigner(name: checkpoint.checkpoint.origin)
        try checkpoint.append(try stranger.cosign(checkpoint.checkpoint, timestamp: log.cosignedAt))
        var writer = try TileWriter(directory: log.directory)
        try writer.publish(checkpoint)
        expectUnverified(try await log.audit(), "has not signed a time")
    }

    @Test func aTaskEntryIsReadWithAndWithoutItsOwnersSignature() throws {
        let log = try LogFixture()
        defer { log.removeFiles() }
        guard case .task(let signed) = try LedgerEntry(decoding: log.entries[0]) else {
            Issue.record("the first entry is the task")
            return
        }
        #expect(signed.isSigned(for: log.task))
        // As logs of earlier versions have it.
        var old = signed
        old.ownerSignature = nil
        let bytes = LedgerEntry.task(old).encoded()
        #expect(try LedgerEntry(decoding: bytes) == .task(old))
        #expect(!old.isSigned(for: log.task))
        #expect(log.entries[0].count == bytes.count + 64)
        for length in (bytes.count + 1)..<log.entries[0].count {
            #expect(throws: CodecError.self) { try LedgerEntry(decoding: Array(log.entries[0].prefix(length))) }
        }
        #expect(throws: CodecError.self) { try LedgerEntry(decoding: log.entries[0] + [0]) }
    }

    @Test func aSignatureForATaskWithoutOwnerIsNoEntry() throws {
        let log = try LogFixture()
        defer { log.removeFiles() }
        guard case .task(var entry) = try LedgerEntry(decoding: log.entries[0]) else { return }
        var parameters = try #require(log.task.cairn)
        parameters.ownerKey = nil
        let configuration = log.task.configuration
        entry.configuration = try TaskConfiguration(
            taskInfo: configuration.taskInfo, leaderURL: configuration.leaderURL, helperURL: configuration.helperURL,
            timePrecision: configuration.timePrecision, minBatchSize: configuration.minBatchSize,
            batchMode: configuration.batchMode, vdaf: try configuration.vdaf, taskInterval: nil, cairn: parameters
        ).encoding
        #expect(throws: CodecError.self) { try LedgerEntry(decoding: LedgerEntry.task(entry).encoded()) }
        entry.ownerSignature = nil
        #expect(throws: Never.self) { try LedgerEntry(decoding: LedgerEntry.task(entry).encoded()) }
    }

    /// Or one whose leader left the signature out: what follows from that is said.
    @Test func anOldLogWhoseOwnerHasNotSignedStillVerifies() async throws {
        var log = try LogFixture(isSigned: false)
        defer { log.removeFiles() }
        try log.logHonestBatch([try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])])
        try log.publish()
        let report = try await log.audit()
        #expect(report.isVerified)
        #expect(report.notes.count == 1 && report.notes.first?.contains("gives no payouts") == true, "\(report.notes)")
    }
}
