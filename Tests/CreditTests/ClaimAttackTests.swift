import Commitments
import Credit
import Crypto
import DAP
import Foundation
import Ledger
import LedgerFixtures
import Ristretto255
import TaskTypes
import Tasks
import Testing
import TransparencyLog
import ZeroKnowledge

extension ClaimFixture {
    /// The claim with fresh signatures of its reports' keys: what a contributor can do to a claim of its own.
    func signedAgain(_ claim: CreditClaim, _ numbers: [Int]) throws -> CreditClaim {
        var claim = claim
        claim.signatures = try numbers.map { number in
            try Array(report(number).claimKey.signature(for: claim.signedBytes))
        }
        return claim
    }
}

extension LogFixture {
    /// The entry with the leader's commitment moved by `amount` in the first coordinate, signed as its contributor would.
    func shifted(_ entry: ReportEntry, by amount: Int64) throws -> ReportEntry {
        let point = try CompressedPoint(entry.leaderCommitment).decompressed()
        let moved = point + Scalar(signed: amount) * Generators.shared.prefix(1)[0]
        let commitments = [moved.compressed().bytes, entry.helperCommitment]
        let claim = try ClaimKey.make(
            seed: seed, taskID: task.taskID, reportID: entry.metadata.reportID, commitments: commitments)
        return ReportEntry(
            taskID: entry.taskID, batchID: entry.batchID,
            metadata: ReportMetadata(
                reportID: entry.metadata.reportID, time: entry.metadata.time,
                publicExtensions: [claim.reportExtension]),
            leaderCommitment: commitments[0], helperCommitment: commitments[1])
    }
}

/// Whoever changes, replays or makes up a claim is refused, and told why.
@Suite struct ClaimAttackTests {
    static let inputs = ClaimTests.inputs
    static let lambda = ClaimTests.lambda

    @Test func everyChangedByteIsRefused() async throws {
        let fixture = try await ClaimFixture(inputs: Self.inputs, lambda: Self.lambda)
        defer { fixture.log.removeFiles() }
        let file = try fixture.claim(.atLeast(5), [0]).encoded()
        try fixture.verify(file)
        for index in file.indices {
            var changed = file
            changed[index] ^= 1 << UInt8(index % 8)
            #expect(throws: CreditError.self, "byte \(index)") { try fixture.verify(changed) }
        }
        for length in stride(from: 0, to: file.count, by: 7) {
            #expect(throws: CreditError.self) { try fixture.verify(Array(file.prefix(length))) }
        }
        #expect(throws: CreditError.self) { try fixture.verify(file + [0]) }
    }

    /// A contributor changes its claim and signs it again: what it says is bound to its proofs.
    @Test func aContributorCannotChangeWhatItsProofSays() async throws {
        let fixture = try await ClaimFixture(inputs: Self.inputs, lambda: Self.lambda)
        defer { fixture.log.removeFiles() }
        for (statement, lies) in [
            (CreditStatement.exactly(20), [CreditStatement.exactly(21), .atLeast(20)]),
            (.atLeast(20), [.atLeast(21), .atLeast(19), .exactly(20)]),
            (.between(0...30), [.between(25...30), .between(0...31)]),
        ] {
            let claim = try fixture.claim(statement, [0])
            for lie in lies {
                var changed = claim
                changed.statement = lie
                expectRefusal(by: .proof) { try fixture.verify(fixture.signedAgain(changed, [0])) }
            }
            var other = claim
            other.context.recipient = "account 13"
            expectRefusal(by: .signature) { try fixture.verify(other) }
            expectRefusal(by: .proof) { try fixture.verify(fixture.signedAgain(other, [0])) }
        }
    }

    @Test func aClaimForSomebodyElseIsRefused() async throws {
        let fixture = try await ClaimFixture(inputs: Self.inputs, lambda: Self.lambda)
        defer { fixture.log.removeFiles() }
        let claim = try fixture.claim(.atLeast(5), [0])
        for verifier in [
            ClaimVerifier(for: fixture.log, audience: "example.com"),
            ClaimVerifier(for: fixture.log, audience: nil, purpose: "payout 8"),
            ClaimVerifier(for: fixture.log, audience: nil, recipient: "account 13"),
        ] {
            expectRefusal(by: .context) { _ = try verifier.evidence(of: claim) }
        }
        #expect(throws: Never.self) {
            try ClaimVerifier(for: fixture.log, audience: nil).evidence(of: claim)
        }
    }

    @Test func aClaimOverSomebodyElsesReportIsRefused() async throws {
        let fixture = try await ClaimFixture(inputs: Self.inputs, lambda: Self.lambda)
        defer { fixture.log.removeFiles() }
        let thief = Curve25519.Signing.PrivateKey()
        var claim = try fixture.claim(.atLeast(5), [0])
        claim.signatures = [Array(try thief.signature(for: claim.signedBytes))]
        expectRefusal(by: .signature) { try fixture.verify(claim) }

        // With a key of its own in the entry, the entry is no leaf any more.
        let entry = fixture.contributions[0].entry
        var forged = entry
        let key = try ClaimKey.make(
            seed: [UInt8](repeating: 9, count: 32), taskID: entry.taskID, reportID: entry.metadata.reportID,
            commitments: [entry.leaderCommitment, entry.helperCommitment])
        forged.metadata = ReportMetadata(
            reportID: entry.metadata.reportID, time: entry.metadata.time, publicExtensions: [key.reportExtension])
        claim = try fixture.claim(.atLeast(5), [0])
        claim.items[0].entry = LedgerEntry.report(forged).encoded()
        expectRefusal(by: .report) { try fixture.verify(claim) }
    }

    /// A note about one report does not serve another, nor does an opening.
    @Test func notesAndOpeningsBelongToTheirReports() async throws {
        let fixture = try await ClaimFixture(inputs: Self.inputs, lambda: Self.lambda)
        defer { fixture.log.removeFiles() }
        var claim = try fixture.claim(.atLeast(5), [0, 1])
        claim.items.swapAt(0, 1)
        (claim.items[0].note, claim.items[1].note) = (claim.items[1].note, claim.items[0].note)
        expectRefusal(by: .proof) { try fixture.verify(fixture.signedAgain(claim, [1, 0])) }

        let report = try fixture.report(0)
        let other = ClaimableReport(
            report: report.report, index: report.index, path: report.path, opening: try fixture.report(1).opening,
            claimKey: report.claimKey)
        var generator = SystemRandomNumberGenerator()
        #expect(throws: CreditError.self) {
            try CreditClaim.make(
                .atLeast(5),
                over: [
                    ClaimableBatch(
                        task: fixture.log.task, closeProof: fixture.batch.closeProof, weights: fixture.weights,
                        reports: [other])
                ], context: ClaimFixture.context, using: &generator)
        }
    }

    /// Two clients and an aggregator that looks away get reports into a batch that are no valid input: one commitment
    /// holds what the other lacks. Their sum is right and passes the audit, but neither can claim what it holds.
    @Test func reportsWhoseCommitmentsCancelEarnNothing() async throws {
        var log = try LogFixture(
            credit: CreditPolicy(kind: .priced, bound: 1), lambdaHash: CreditWeights.hash([1, 1, 1]))
        defer { log.removeFiles() }
        let shift: Int64 = 1_000_000
        var contributions = try [[1, 2, 3], [4, 5, 6]].map { [log] in try log.contribution($0) }
        let honest = contributions[0]
        for (number, shift) in [shift, -shift].enumerated() {
            contributions[number].entry = try log.shifted(contributions[number].entry, by: shift)
        }
        try log.logHonestBatch(contributions)
        try log.publish()
        #expect(try await log.audit().isVerified)

        let batch = try #require(
            try await Auditor(source: log.source, policy: log.policy).closedBatches(of: log.task.taskID).first)
        let weights = try CreditWeights(lambda: [1, 1, 1], salt: nil, task: log.task)
        #expect(weights.range == 0...300)
        let saved = try #require(honest.opening)
        let opening = ReportOpening(
            values: [saved.values[0] + UInt128(shift)] + saved.values.dropFirst(), blinds: saved.blinds)
        let report = try LoggedReport(bytes: LedgerEntry.report(contributions[0].entry).encoded())
        func claim(_ opening: ReportOpening) throws -> CreditClaim {
            var generator = SystemRandomNumberGenerator()
            let id = report.entry.metadata.reportID
            let claimable = ClaimableReport(
                report: report, index: 0, path: try batch.path(at: 0), opening: opening,
                claimKey: try ClaimKey.derive(seed: log.seed, taskID: log.task.taskID, reportID: id))
            return try CreditClaim.make(
                .atLeast(0),
                over: [
                    ClaimableBatch(
                        task: log.task, closeProof: batch.closeProof, weights: weights, reports: [claimable])
                ], context: ClaimFixture.context, using: &generator)
        }
        // Our own prover refuses both what the commitments hold and what it should have been.
        #expect(throws: CreditError.self) { try claim(opening) }
        #expect(throws: CreditError.self) { try claim(saved) }

        // A prover that does not look: a true proof that the note holds 1,000,006, and a range proof of another note.
        let bases = (Generators.shared.noteBase, Generators.shared.blinding)
        var generator = SystemRandomNumberGenerator()
        let application = CreditNote.application(leafHash: report.leafHash)
        let form = try LinearForm(integers: [1, 1, 1])
        let commitments = [report.entry.leaderCommitment, report.entry.helperCommitment]
        let points = try commitments.map { try CompressedPoint($0).decompressed() }
        let wrap = Scalar(log.task.vdaf.fieldModulus) * Generators.shared.precomputed(atLeast: 3).sum(first: 3)
        let (value, blind) = (Scalar(UInt64(shift) + 6), Scalar.random(using: &generator))
        let note = value * bases.0 + blind * bases.1
        let linearForm = try LinearFormProofs(application: application).prove(
            LinearFormStatement(form: form, commitment: points[0] + points[1] - wrap, note: note),
            values: opening.values.map { Int64($0) },
            blind: Scalar.decode(opening.blinds[0]) + Scalar.decode(opening.blinds[1]), noteBlind: blind,
            using: &generator)
        let fitting = try RangeStatement(
            bits: .sixtyFour,
            commitments: [
                Scalar(UInt64(6)) * bases.0 + blind * bases.1, Scalar(UInt64(294)) * bases.0 - blind * bases.1,
            ])
        let range = try RangeProofs(application: application).prove(
            fitting, values: [6, 294], blinds: [blind, -blind], using: &generator)
        let fixture = try await ClaimFixture(inputs: Self.inputs, lambda: [1, 1, 1])
        defer { fixture.log.removeFiles() }
        var forged = try fixture.claim(.atLeast(0), [0])
        forged.batches[0].configuration = log.task.configuration.encoded()
        forged.batches[0].closeProof = batch.closeProof.serialized()
        forged.items[0].entry = report.bytes
        forged.items[0].index = 0
        forged.items[0].path = try batch.path(at: 0)
        forged.items[0].note = CreditNote(
            commitment: note.compressed().bytes, linearForm: linearForm.bytes, range: range.bytes
        ).encoded()
        let total = try RangeStatement(bits: .sixtyFour, commitments: [note])
        forged.totalProof = try RangeProofs(
            application: TotalProof.application(contextDigest: forged.contextDigest)
        ).prove(total, values: [UInt64(shift) + 6], blinds: [blind], using: &generator).bytes
        let key = try ClaimKey.derive(
            seed: log.seed, taskID: log.task.taskID, reportID: report.entry.metadata.reportID)
        forged.signatures = [Array(try key.signature(for: forged.signedBytes))]
        let verifier = ClaimVerifier(for: log, audience: "example.org")
        let evidence = try verifier.evidence(of: forged)
        expectRefusal(by: .proof) {
            try verifier.verify(ClaimVerifier.Checked(forged, evidence: evidence, weights: [weights]))
        }
    }
}
