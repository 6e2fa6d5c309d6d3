import Credit
import Crypto
import DAP
import Ledger
import TaskTypes
import Tasks
import TransparencyLog

/// A closed batch of real committed reports with everything that their contributors need to claim credit.
struct ClaimBatch {
    let world: BenchWorld
    let task: ValidatedTask
    let weights: CreditWeights
    /// λ with one coefficient changed, of a task that allows it.
    let otherWeights: CreditWeights

    private struct Report {
        let entry: [UInt8]
        let values: [UInt64]
        let blinds: [[UInt8]]
        let claimKey: Curve25519.Signing.PrivateKey
    }

    private let reports: [Report]
    private let leafHashes: [[UInt8]]
    private let closeProof: TlogProof

    static let lambdaBits = 16

    init(dimension: Int, bits: Int, reports count: Int, randomness: inout SeededRandomness) throws {
        world = try BenchWorld()
        let lambda = (0..<dimension).map { _ in Int64(randomness.integer(bits: Self.lambdaBits)) - 1 << 15 }
        let policy = CreditPolicy(kind: .priced, bound: 1 << UInt64(Self.lambdaBits))
        task = try world.task(
            length: dimension, bits: bits, credit: policy, lambdaHash: CreditWeights.hash(lambda),
            batchSize: UInt64(count))
        weights = try CreditWeights(lambda: lambda, salt: nil, task: task)
        var other = lambda
        other[dimension - 1] += 1
        otherWeights = try CreditWeights(lambda: other, task: task)

        let (vdaf, batchID, seed) = (try makeTaskVDAF(task.vdaf), BatchID.random(), randomness.bytes(ClaimKey.seedSize))
        var (reports, root): ([Report], BatchRoot) = ([], BatchRoot())
        for _ in 0..<count {
            let values = (0..<dimension).map { _ in randomness.integer(bits: bits) }
            let reportID = ReportID.random()
            let sharded = try vdaf.shard(taskID: task.taskID, measurement: .vector(values), reportID: reportID)
            let commitments = try vdaf.commitments(publicShare: sharded.publicShare)
            let claim = try ClaimKey.make(seed: seed, taskID: task.taskID, reportID: reportID, commitments: commitments)
            guard let opening = sharded.opening else { throw BenchError.checkFailed("a report has no opening") }
            let entry = ReportEntry(
                taskID: task.taskID, batchID: batchID,
                metadata: ReportMetadata(
                    reportID: reportID, time: 29_000_000, publicExtensions: [claim.reportExtension]),
                leaderCommitment: commitments[0], helperCommitment: commitments[1])
            let bytes = LedgerEntry.report(entry).encoded()
            root.append(entry: bytes)
            reports.append(
                Report(
                    entry: bytes, values: values, blinds: opening.blinds,
                    claimKey: try ClaimKey.derive(seed: seed, taskID: task.taskID, reportID: reportID)))
        }
        self.reports = reports
        leafHashes = reports.map { MerkleTree.leafHash($0.entry) }
        let close = try world.close(
            CloseEntry.Terms(
                taskID: task.taskID, selector: BatchScope.batch(batchID).selector, root: root.root, count: root.count))
        let log = [MerkleTree.leafHash(try world.entry(of: task))] + leafHashes + [MerkleTree.leafHash(close)]
        let index = UInt64(log.count - 1)
        closeProof = TlogProof(
            extra: close, index: index, inclusionProof: try MerkleTree.inclusionProof(index: index, leafHashes: log),
            checkpoint: try world.checkpoint(TreeHead(size: index + 1, root: MerkleTree.root(leafHashes: log))))
    }

    static let context = CreditClaim.Context(audience: "bench.example", purpose: "payout 1", recipient: "account 1")

    var verifier: ClaimVerifier {
        ClaimVerifier(policy: world.policy, tasks: [task.taskID], audience: Self.context.audience)
    }

    func claimKey(_ number: Int) -> Curve25519.Signing.PrivateKey { reports[number].claimKey }

    /// What a contributor's wallet has for one report.
    func claimable(_ number: Int) throws -> [ClaimableBatch] {
        let report = reports[number]
        return [
            ClaimableBatch(
                task: task, closeProof: closeProof, weights: weights,
                reports: [
                    ClaimableReport(
                        report: try LoggedReport(bytes: report.entry), index: UInt64(number),
                        path: try MerkleTree.inclusionProof(index: UInt64(number), leafHashes: leafHashes),
                        opening: ReportOpening(values: report.values.map { UInt128($0) }, blinds: report.blinds),
                        claimKey: report.claimKey)
                ])
        ]
    }
}
