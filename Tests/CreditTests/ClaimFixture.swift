import Credit
import Crypto
import Ledger
import LedgerFixtures
import Tasks
import Testing
import TransparencyLog

/// One closed batch on a real log, some of whose reports are ours.
struct ClaimFixture {
    var log: LogFixture
    let contributions: [LogFixture.Contribution]
    /// λ; nil for unit credit.
    let weights: CreditWeights?
    let batch: ClosedBatch

    static let context = CreditClaim.Context(audience: "example.org", purpose: "payout 7", recipient: "account 12")

    init(
        inputs: [[UInt64]], lambda: [Int64]? = nil, encoding: NumericEncoding? = nil, maxMeasurement: UInt64 = 100,
        keys: LogFixture? = nil
    ) async throws {
        let bound = lambda.map { $0.map(\.magnitude).max() ?? 0 } ?? 0
        log = try LogFixture(
            credit: CreditPolicy(kind: lambda == nil ? .unit : .priced, bound: bound == 0 && lambda != nil ? 1 : bound),
            lambdaHash: lambda.map(CreditWeights.hash), encoding: encoding, length: UInt32(inputs[0].count),
            maxMeasurement: maxMeasurement, keys: keys)
        contributions = try inputs.map { [log] in try log.contribution($0) }
        try log.logHonestBatch(contributions)
        try log.publish()
        weights = try lambda.map { [log] in try CreditWeights(lambda: $0, salt: nil, task: log.task) }
        let found = try await Auditor(source: log.source, policy: log.policy).closedBatches(of: log.task.taskID)
        batch = found[0]
    }

    /// A report of the batch, as its contributor's wallet has it.
    func report(_ number: Int) throws -> ClaimableReport {
        let entry = contributions[number].entry
        let position = try #require(
            batch.leaves.firstIndex { $0.reportID == entry.metadata.reportID })
        return ClaimableReport(
            report: try LoggedReport(bytes: LedgerEntry.report(entry).encoded()), index: UInt64(position),
            path: try batch.path(at: position), opening: contributions[number].opening,
            claimKey: try ClaimKey.derive(
                seed: log.seed, taskID: log.task.taskID, reportID: entry.metadata.reportID))
    }

    func claimable(_ numbers: [Int]) throws -> ClaimableBatch {
        ClaimableBatch(
            task: log.task, closeProof: batch.closeProof, weights: weights, reports: try numbers.map(report))
    }

    func claim(_ statement: CreditStatement, _ numbers: [Int]) throws -> CreditClaim {
        var generator = SystemRandomNumberGenerator()
        return try CreditClaim.make(
            statement, over: [claimable(numbers)], context: Self.context, using: &generator)
    }

    var verifier: ClaimVerifier { ClaimVerifier(for: log, audience: "example.org") }

    /// Everything that a verifier does with a file.
    func verify(_ file: [UInt8], weights other: CreditWeights? = nil) throws {
        let claim = try CreditClaim(file: file)
        let evidence = try verifier.evidence(of: claim)
        try verifier.verify(
            ClaimVerifier.Checked(claim, evidence: evidence, weights: evidence.batches.map { _ in other ?? weights }))
    }

    func verify(_ claim: CreditClaim) throws {
        try verify(claim.encoded())
    }
}

extension ClaimVerifier {
    /// A verifier that accepts the task of a log.
    init(for log: LogFixture, audience: String?, purpose: String? = nil, recipient: String? = nil) {
        self.init(
            policy: log.policy, tasks: [log.task.taskID], audience: audience, purpose: purpose, recipient: recipient)
    }
}
