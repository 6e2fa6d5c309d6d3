import DAP
import Ledger
import LedgerFixtures
import SignatureCases
import Tasks
import Testing
import TransparencyLog

/// Signatures that implementations judge differently, and many of them, in a log.
@Suite struct SignatureTests {
    /// The contribution under a claim key whose signature has `torsion` in its R.
    private static func signed(
        _ contribution: LogFixture.Contribution, by signer: Signer, torsion: UInt8 = 0
    ) throws -> LogFixture.Contribution {
        var contribution = contribution
        let entry = contribution.entry
        let signed = signer.sign(
            ClaimKey.signedBytes(
                taskID: entry.taskID, reportID: entry.metadata.reportID,
                commitments: [entry.leaderCommitment, entry.helperCommitment]), torsion: torsion)
        let claim = try ClaimKey(extensionData: signed.publicKey + signed.signature)
        contribution.entry.metadata = ReportMetadata(
            reportID: entry.metadata.reportID, time: entry.metadata.time, publicExtensions: [claim.reportExtension])
        return contribution
    }

    /// The same commitments as those of another report, under a new id.
    private static func again(_ contribution: LogFixture.Contribution, in log: LogFixture) throws
        -> LogFixture
        .Contribution
    {
        var contribution = contribution
        let entry = contribution.entry
        let id = ReportID.random()
        let claim = try ClaimKey.make(
            seed: log.seed, taskID: entry.taskID, reportID: id,
            commitments: [entry.leaderCommitment, entry.helperCommitment])
        contribution.entry.metadata = ReportMetadata(
            reportID: id, time: entry.metadata.time, publicExtensions: [claim.reportExtension])
        return contribution
    }

    @Test func claimKeysAndSignaturesOfMixedOrderCountForEveryReader() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = [
            try Self.signed(try log.contribution([1, 2, 3]), by: Signer(seed: [1], keyTorsion: 1)),
            try Self.signed(try log.contribution([4, 5, 6]), by: Signer(seed: [2]), torsion: 5),
            try log.contribution([7, 8, 9]),
        ]
        try log.logHonestBatch(contributions)
        let checkpoint = try log.publish()
        #expect(try await log.audit().isVerified)
        for index in 1...3 {
            let receipt = Receipt.verify(
                file: try log.proof(of: index, in: checkpoint).serialized(), policy: log.policy)
            #expect(receipt.isValid)
        }
    }

    @Test func aClaimKeyUnderWhichEverybodySignsIsNone() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        var contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        let small = try #require(SignatureCase.all.first { $0.name.contains("small order, 0·T") }).signed
        let claim = try ClaimKey(extensionData: small.publicKey + small.signature)
        let metadata = contributions[1].entry.metadata
        contributions[1].entry.metadata = ReportMetadata(
            reportID: metadata.reportID, time: metadata.time, publicExtensions: [claim.reportExtension])
        try log.logHonestBatch(contributions)
        let checkpoint = try log.publish()
        guard case .failed(let findings) = try await log.audit().batches[0].verdict else {
            Issue.record("both aggregators closed over it, and are not convicted")
            return
        }
        #expect(findings.count == 1 && findings[0].culprits == [.leader, .helper])
        #expect(findings[0].text.contains("\(metadata.reportID)"))
        let receipt = Receipt.verify(file: try log.proof(of: 2, in: checkpoint).serialized(), policy: log.policy)
        #expect(!receipt.isValid)
    }

    /// More entries than the auditor looks at together, with all kinds between each other.
    @Test func entriesAreJudgedEachForItselfAcrossWindows() async throws {
        var log = try LogFixture(maxBatchSize: 10_000)
        defer { log.removeFiles() }
        let first = try log.contribution([1, 2, 3])
        var kept: [LogFixture.Contribution] = []
        var forged: [ReportID] = []
        for number in 0..<1_300 {
            var contribution = try Self.again(first, in: log)
            let id = contribution.entry.metadata.reportID
            if number == 700 || number == 1_023 {
                contribution.entry.metadata = kept[0].entry.metadata.renamed(id)
                forged.append(id)
            }
            log.logReports([contribution])
            switch number % 10 {
            case 3:
                log.log(
                    .rejected(
                        try RejectedEntry(
                            taskID: log.task.taskID, reportID: id, role: .helper, error: .reportDropped,
                            key: log.helperKey)))
            case 5: try log.logWithdrawal(of: contribution)
            case 7:
                // By keys that may not.
                log.log(
                    .rejected(
                        try RejectedEntry(
                            taskID: log.task.taskID, reportID: id, role: .leader, error: .reportDropped,
                            key: log.helperKey)))
                try log.logWithdrawal(of: contribution, seed: [UInt8](repeating: 0, count: 32))
                kept.append(contribution)
            default: kept.append(contribution)
            }
        }
        try log.logCollection(of: kept)
        try log.publish()
        let report = try await log.audit()
        guard case .failed(let findings) = report.batches[0].verdict else {
            Issue.record("two reports have another's claim key and signature")
            return
        }
        // The one at 1,023 was rejected; that at 700 is a leaf of the batch.
        #expect(findings.count == 1 && findings[0].text.contains("\(forged[0])"))
        #expect(report.batches[0].count == UInt64(kept.count))
        #expect(report.notes.count == 2 * 130)
    }
}

extension ReportMetadata {
    fileprivate func renamed(_ id: ReportID) -> ReportMetadata {
        ReportMetadata(reportID: id, time: time, publicExtensions: publicExtensions)
    }
}
