import Contributor
import Credit
import Crypto
import Ledger
import Tasks
import TransparencyLog

/// The demo's credit: how far each contribution pointed where the sum of all went (alignment), claimed and checked with
/// nothing but the log, after both nodes are gone.
struct DemoCredit: Sendable {
    static let context = CreditClaim.Context(
        audience: "demo.example", purpose: "show what is possible", recipient: "")

    let rounds: [TaskFile]
    let logFolder: String
    let policy: LogPolicy

    /// What the claims showed.
    struct Outcome {
        var report: DemoReport.Credit
        var forgery: DemoReport.Attack
    }

    /// Every contributor claims a threshold for the last round, the first also its exact total over all rounds, and then
    /// claims twice as much as it has.
    func run(_ contributors: [DemoContributor]) async throws -> Outcome {
        let claims = try await contributors.concurrentMap(limit: 2) { contributor in
            try await threshold(contributor)
        }
        let (total, totalClaim) = try await exactTotal(contributors[0])
        let verdicts = try await verify(claims.map(\.claim) + [totalClaim])
        let verified = verdicts.filter { $0 == nil }.count

        var forged = claims[0].claim
        forged.statement = .atLeast(2 * max(1, claims[0].total) + 1)
        forged.signatures = [Array(try claims[0].key.signature(for: forged.signedBytes))]
        let finding = try await verify([forged])[0]
        let forgery = DemoReport.Attack(
            attack: "a contributor claimed twice the credit that it had, and signed the changed claim",
            caught: finding != nil, finding: finding.map { "refused (\($0))" } ?? "the claim was believed")
        return Outcome(
            report: DemoReport.Credit(
                claims: claims.count + 1, verified: verified, thresholdBytes: claims[0].claim.encoded().count,
                exactTotal: total),
            forgery: forgery)
    }

    private struct Claim: Sendable {
        let claim: CreditClaim
        let total: Int64
        let key: Curve25519.Signing.PrivateKey
    }

    /// 'At least T' about the last round, T being its credit with all digits but the first set to zero.
    private func threshold(_ contributor: DemoContributor) async throws -> Claim {
        let batches = try await batches(of: contributor, in: rounds.suffix(1))
        let total = try batches.flatMap { try $0.credits() }.reduce(0, +)
        guard let key = batches.first?.reports.first?.claimKey else {
            throw CommandFailure("a contributor has no report in the last round")
        }
        var unit: Int64 = 1
        while total.magnitude / unit.magnitude >= 10 { unit *= 10 }
        let threshold = total >= 0 ? total / unit * unit : (total / unit - 1) * unit
        return Claim(claim: try make(.atLeast(threshold), batches), total: total, key: key)
    }

    private func exactTotal(_ contributor: DemoContributor) async throws -> (total: Int64, claim: CreditClaim) {
        let batches = try await batches(of: contributor, in: rounds[...])
        let total = try batches.flatMap { try $0.credits() }.reduce(0, +)
        return (total, try make(.exactly(total), batches))
    }

    private func make(_ statement: CreditStatement, _ batches: [ClaimableBatch]) throws -> CreditClaim {
        var generator = SystemRandomNumberGenerator()
        return try CreditClaim.make(statement, over: batches, context: Self.context, using: &generator)
    }

    private func batches(
        of contributor: DemoContributor, in files: ArraySlice<TaskFile>
    ) async throws -> [ClaimableBatch] {
        var batches: [ClaimableBatch] = []
        for file in files {
            batches += try await CreditBook.open(
                file, log: try file.auditor(at: logFolder, transport: .speaking), files: [],
                seed: contributor.wallet.seed, openings: try contributor.wallet.openings(of: file.taskID)
            ).batches
        }
        return batches
    }

    /// - Returns: For each claim, why it was refused, or nil.
    private func verify(_ claims: [CreditClaim]) async throws -> [String?] {
        var desk = ClaimDesk(
            verifier: ClaimVerifier(
                policy: policy, tasks: Set(rounds.map(\.taskID)), audience: Self.context.audience),
            log: Auditor(source: try LogPlace(logFolder).source(.speaking), policy: policy), files: [])
        var checked: [ClaimVerifier.Checked] = []
        for claim in claims { checked.append(try await desk.check(try CreditClaim(file: claim.encoded())).checked) }
        return desk.verifier.verify(checked).map { verdict in
            guard case .failure(let error) = verdict else { return nil }
            return "\(error)"
        }
    }
}
