import Commitments
import Crypto
import DAP
import DurableFiles
import Foundation
import Ledger
import Ristretto255
import Tasks
import TransparencyLog
import VDAF

/// A log on disk with one closed batch of as many committed reports as one likes, for audits to be measured on.
///
/// Everything in it is real (commitments, claim keys, signatures, tiles, shares that open the sum), but it is made fast.
/// Report i's shares are the ones of the first report moved apart by i in every coordinate, under blinds that move by a
/// random step as well, so that each commitment takes one addition to make:
///
///     x_{0,i} = x_0 + i,  x_{1,i} = x_1 - i,  C_{j,i+1} = C_{j,i} ± ΣG_k + s_j·H.
///
/// All shares add up to one input, and no commitment occurs twice.
struct AuditLog {
    let world: BenchWorld
    let task: ValidatedTask
    let directory: String
    let leafHashes: [[UInt8]]
    let checkpoint: SignedCheckpoint
    /// A report's entry and where it is.
    let example: (entry: [UInt8], index: UInt64)
    /// What an audit must find.
    let sums: [UInt128]

    private static let bits = 16

    /// - Parameter isFalsified: whether the helper signs a share that is not its sum.
    init(
        dimension: Int, reports: Int, isFalsified: Bool = false, randomness: inout SeededRandomness
    ) throws {
        world = try BenchWorld()
        task = try world.task(
            length: dimension, bits: Self.bits, credit: CreditPolicy(kind: .unit, bound: 0), lambdaHash: nil,
            batchSize: UInt64(reports))
        let batch = try ShiftedBatch(dimension: dimension, bits: Self.bits, reports: reports, randomness: &randomness)
        sums = batch.sums

        let (batchID, seed) = (BatchID.random(), randomness.bytes(ClaimKey.seedSize))
        var entries = [try world.entry(of: task)]
        var root = BatchRoot()
        for commitments in batch.commitments {
            let reportID = ReportID.random()
            let key = try ClaimKey.make(seed: seed, taskID: task.taskID, reportID: reportID, commitments: commitments)
            let entry = ReportEntry(
                taskID: task.taskID, batchID: batchID,
                metadata: ReportMetadata(
                    reportID: reportID, time: 29_000_000, publicExtensions: [key.reportExtension]),
                leaderCommitment: commitments[0], helperCommitment: commitments[1])
            entries.append(LedgerEntry.report(entry).encoded())
            root.append(entry: entries[entries.count - 1])
        }
        let terms = CloseEntry.Terms(
            taskID: task.taskID, selector: BatchScope.batch(batchID).selector, root: root.root, count: root.count)
        entries.append(try world.close(terms))
        var shares = batch.shares
        if isFalsified { shares[1][0] ^= 1 }
        entries.append(
            LedgerEntry.batch(
                BatchEntry(
                    leader: try Statement(
                        role: .leader, terms: terms, shareHash: Blob.hash(shares[0]), key: world.leaderKey),
                    helper: try Statement(
                        role: .helper, terms: terms, shareHash: Blob.hash(shares[1]), key: world.helperKey))
            ).encoded())
        example = (entries[1 + reports / 2], UInt64(1 + reports / 2))
        leafHashes = entries.map { MerkleTree.leafHash($0) }

        directory = NSTemporaryDirectory() + "cairn-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory + "/blob", withIntermediateDirectories: true)
        var writer = try TileWriter(directory: directory)
        checkpoint = try world.checkpoint(try writer.append(entries: entries, startingAt: 0))
        try writer.publish(checkpoint)
        for share in shares {
            try DurableFile.write(share, to: directory + "/" + Blob.path(hash: Blob.hash(share)), mode: nil)
        }
    }

    func audit() async throws -> AuditReport {
        try await Auditor(source: DirectoryTileSource(directory: directory), policy: world.policy).audit()
    }

    /// The receipt of a report in the middle of the log.
    func receipt() throws -> [UInt8] {
        Receipt.make(
            entry: example.entry, index: example.index,
            inclusionProof: try MerkleTree.inclusionProof(index: example.index, leafHashes: leafHashes),
            checkpoint: checkpoint
        ).serialized()
    }

    func removeFiles() {
        try? FileManager.default.removeItem(atPath: directory)
    }
}

/// Commitments of many reports whose shares are a step apart, and both aggregate shares.
private struct ShiftedBatch {
    /// Of each report, C_0 and C_1.
    private(set) var commitments: [[[UInt8]]] = []
    /// Encoded aggregate shares.
    private(set) var shares: [[UInt8]] = []
    let sums: [UInt128]

    init(dimension: Int, bits: Int, reports: Int, randomness: inout SeededRandomness) throws {
        let modulus = Field128.modulus
        let input = (0..<dimension).map { _ in UInt128(randomness.integer(bits: bits)) }
        // Far enough from both ends that no step wraps around.
        let leader = input.map { _ in
            UInt128(randomness.next()) << 62 | UInt128(randomness.next() >> 2) | 1 << 64
        }
        let first = [leader, zip(input, leader).map { modulus - $1 + $0 }]
        let generators = Generators.shared
        let step = generators.precomputed(atLeast: dimension).sum(first: dimension)
        let (count, triangle) = (UInt64(reports), UInt64(reports) * UInt64(reports - 1) / 2)
        var encoded: [[[UInt8]]] = []
        for aggregator in 0...1 {
            let (blind, blindStep) = (Scalar.random(using: &randomness), Scalar.random(using: &randomness))
            var point = PedersenVector.commit(values: first[aggregator], blind: blind)
            let move = (aggregator == 0 ? step : -step) + blindStep * generators.blinding
            var points: [[UInt8]] = []
            points.reserveCapacity(reports)
            for _ in 0..<reports {
                points.append(point.encoded())
                point += move
            }
            encoded.append(points)
            var share: [UInt8] = []
            for value in first[aggregator] {
                let base = UInt256(product: count, value)
                let moved =
                    aggregator == 0
                    ? base.adding(UInt256(low: UInt128(triangle))) : base.subtracting(UInt256(low: UInt128(triangle)))
                guard let sum = moved else { throw BenchError.checkFailed("a sum of shares is out of range") }
                withUnsafeBytes(of: sum.low.littleEndian) { share += $0 }
                withUnsafeBytes(of: UInt64(truncatingIfNeeded: sum.high).littleEndian) { share += $0 }
            }
            shares.append(share + (Scalar(count) * blind + Scalar(triangle) * blindStep).encoded())
        }
        commitments = zip(encoded[0], encoded[1]).map { [$0, $1] }
        sums = input.map { UInt128(reports) * $0 }
    }
}
