import Credit
import Ledger
import LedgerFixtures
import TaskTypes
import Tasks
import Testing

/// Credit of vectors of real numbers, whose coordinates and credits may be negative.
@Suite struct SignedCreditTests {
    private static let lambda: [Int64] = [3, -2, 7]
    private static let type = VDAFConfiguration.boundedL2(
        dimension: 3, integerBound: 2560, fractionalBits: 10, isField128: false)
    private static let inputs = [[1.5, -2, 0], [-0.25, -0.5, -1]]

    private func withBatch(
        _ policy: CreditPolicy.Kind, _ body: (LogFixture, ClosedBatch, [ClaimableReport]) async throws -> Void
    ) async throws {
        let bound: UInt64 = policy == .alignment ? 5120 : 7
        var log = try LogFixture(
            credit: CreditPolicy(kind: policy, bound: bound),
            lambdaHash: policy == .priced ? CreditWeights.hash(Self.lambda) : nil, vdaf: Self.type)
        defer { log.removeFiles() }
        let contributions = try Self.inputs.map { [log] in try log.contribution(of: .real($0)) }
        try log.logHonestBatch(contributions)
        try log.publish()
        let auditor = Auditor(source: log.source, policy: log.policy)
        let batch = try #require(try await auditor.closedBatches(of: log.task.taskID).first)
        let reports = try contributions.map { contribution in
            let id = contribution.entry.metadata.reportID
            let position = try #require(batch.leaves.firstIndex { $0.reportID == id })
            return ClaimableReport(
                report: try LoggedReport(bytes: LedgerEntry.report(contribution.entry).encoded()),
                index: UInt64(position), path: try batch.path(at: position), opening: contribution.opening,
                claimKey: try ClaimKey.derive(seed: log.seed, taskID: log.task.taskID, reportID: id))
        }
        try await body(log, batch, reports)
    }

    private func verify(
        _ statement: CreditStatement, _ log: LogFixture, _ batch: ClaimableBatch
    ) throws {
        var generator = SystemRandomNumberGenerator()
        let claim = try CreditClaim.make(
            statement, over: [batch], context: ClaimFixture.context, using: &generator)
        let verifier = ClaimVerifier(for: log, audience: "example.org")
        let evidence = try verifier.evidence(of: try CreditClaim(file: claim.encoded()))
        try verifier.verify(ClaimVerifier.Checked(claim, evidence: evidence, weights: [batch.weights]))
    }

    @Test func negativeCoordinatesEarnAndCostWhatThePricesSay() async throws {
        try await withBatch(.priced) { log, batch, reports in
            let weights = try CreditWeights(lambda: Self.lambda, salt: nil, task: log.task)
            // ‖λ‖ = √62, rounded up, times the norm bound.
            #expect(weights.range == -8 * 2560...8 * 2560)
            let credits = try reports.map { report in
                try weights.value(of: weights.input(of: try #require(report.opening)))
            }
            // (1536, -2048, 0) and (-256, -512, -1024) units.
            let expected: [Int64] = [8704, -6912]
            #expect(credits == expected)
            for (report, credit) in zip(reports, credits) {
                let own = ClaimableBatch(
                    task: log.task, closeProof: batch.closeProof, weights: weights, reports: [report])
                try verify(.exactly(credit), log, own)
                try verify(.atLeast(credit), log, own)
                // Negative credit claimed as positive.
                #expect(throws: CreditError.self) { try verify(.atLeast(credit + 1), log, own) }
                #expect(throws: CreditError.self) { try verify(.exactly(-credit), log, own) }
            }
        }
    }

    @Test func alignmentCreditIsTheProductWithTheSignedSum() async throws {
        try await withBatch(.alignment) { log, batch, reports in
            let sum = try await Auditor(source: log.source, policy: log.policy).aggregate(of: batch)
            #expect(sum == .signedVector([1280, -2560, -1024]))
            let weights = try CreditWeights(aggregate: sum, count: 2, task: log.task)
            let own = ClaimableBatch(
                task: log.task, closeProof: batch.closeProof, weights: weights, reports: [reports[0]])
            try verify(.exactly(1536 * 1280 + 2048 * 2560), log, own)
        }
    }

    @Test func openingsThatNoInputHasAreRefused() throws {
        let log = try LogFixture(
            credit: CreditPolicy(kind: .priced, bound: 7), lambdaHash: CreditWeights.hash(Self.lambda),
            vdaf: Self.type)
        defer { log.removeFiles() }
        let weights = try CreditWeights(lambda: Self.lambda, salt: nil, task: log.task)
        for input: [Int64] in [[2561, 0, 0], [-2561, 0, 0], [.min, 0, 0], [1, 2]] {
            #expect(throws: CreditError.self) { try weights.value(of: input) }
        }
        for values: [UInt128] in [[1 << 63, 0, 0], [.max, 0, 0]] {
            #expect(throws: CreditError.self) {
                _ = try weights.value(of: weights.input(of: ReportOpening(values: values, blinds: [])))
            }
        }
    }
}
