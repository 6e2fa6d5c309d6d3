import Commitments
import Parallel
import Ristretto255
import TaskTypes
import VDAF

/// The reports of one job of committed SumVec reports, after everything that comes before the link check.
///
/// Only what commitments are compared with, V's verification, and what they add at the client are timed on the way.
struct CommittedJob {
    let committed: Committed<Prio3SumVec>
    /// What each aggregator's link check gets, in order of aggregator ID.
    private(set) var claims: [[LinkClaim<Field128>]] = [[], []]
    /// Aggregate shares.
    private(set) var shares: [CommittedAggregateShare]
    /// The plain sums.
    private(set) var sums: [UInt128]
    /// One report's measurement, commitments and blinds, for a proof about it.
    private(set) var example: (measurement: [UInt64], commitments: CommitmentPair, blinds: [Scalar])?

    /// Seconds per report, a sample for each group of reports.
    private(set) var commit: [Elapsed] = []
    private(set) var verify: [[Elapsed]] = [[], []]

    private let benchCase: CommitmentCase
    private let threads: Int
    private let verifyKey: [UInt8]
    private let context: [UInt8]

    init(
        _ benchCase: CommitmentCase, threads: Int, randomness: inout SeededRandomness
    ) throws(BenchError) {
        self.benchCase = benchCase
        self.threads = threads
        do throws(VDAFError) {
            committed = try Committed(
                Prio3SumVec(
                    length: benchCase.dimension, maxMeasurement: (1 << UInt64(benchCase.bits)) - 1,
                    chunkLength: Int(VDAFConfiguration.recommendedChunkLength(elements: benchCase.elements))))
        } catch {
            throw .invalidOption("a committed sumvec cannot have these parameters: \(error)")
        }
        verifyKey = randomness.bytes(committed.verifyKeySize)
        context = randomness.bytes(38)
        shares = [committed.aggregateInit(()), committed.aggregateInit(())]
        sums = [UInt128](repeating: 0, count: benchCase.dimension)
        // Whole groups of four for every thread, as many as keep the reports in memory below 64 MiB.
        let bytes = 17 * benchCase.elements
        let group = max(1, min(benchCase.jobReports, max(4 * threads, (64 << 20) / bytes)))
        var rest = benchCase.jobReports
        while rest > 0 {
            try add(min(rest, group), &randomness)
            rest -= group
        }
    }

    /// Makes reports, verifies them as V's at both aggregators, and commits to their output shares.
    private mutating func add(_ count: Int, _ randomness: inout SeededRandomness) throws(BenchError) {
        let base = committed.base
        typealias Request = VerificationRequest<Prio3SumVec.PublicShare, Prio3SumVec.InputShare>
        var requests: [[Request]] = [[], []]
        var measurements: [[UInt64]] = []
        for _ in 0..<count {
            let measurement = (0..<benchCase.dimension).map { _ in randomness.integer(bits: benchCase.bits) }
            let (nonce, rand) = (randomness.bytes(base.nonceSize), randomness.bytes(base.randSize))
            let (publicShare, inputShares) = try Result { () throws(VDAFError) in
                try base.shard(context: context, measurement: measurement, nonce: nonce, rand: rand)
            }.orFailure("shard")
            for (index, value) in measurement.enumerated() { sums[index] += UInt128(value) }
            for (aggregatorID, share) in inputShares.enumerated() {
                requests[aggregatorID].append(Request(nonce: nonce, publicShare: publicShare, inputShare: share))
            }
            measurements.append(measurement)
        }
        var outputs: [[[Field128]]] = []
        for aggregatorID in 0...1 {
            let (results, elapsed) = timed {
                base.verifyInit(
                    verifyKey: verifyKey, context: context, aggregatorID: aggregatorID, reports: requests[aggregatorID],
                    threads: threads)
            }
            verify[aggregatorID].append(elapsed.divided(by: count))
            outputs.append(
                try results.map { result throws(BenchError) in
                    base.outputShare(of: try result.orFailure("verification").state)
                })
        }
        let blinds = (0..<count).map { _ in (0...1).map { _ in Scalar.random(using: &randomness) } }
        let (commitments, elapsed) = timed {
            concurrentMap(count: count, threads: threads) { [committed, outputs] index in
                Result { () throws(VDAFError) in
                    try committed.commit(outputs.map { $0[index] }, blinds: blinds[index])
                }
            }
        }
        commit.append(elapsed.divided(by: count))
        for (index, result) in commitments.enumerated() {
            let pair = try result.orFailure("the commitment")
            for aggregatorID in 0...1 {
                let (coordinates, blind) = (outputs[aggregatorID][index], blinds[index][aggregatorID])
                claims[aggregatorID].append(
                    LinkClaim(commitment: pair[aggregatorID].point, coordinates: coordinates, blind: blind))
                committed.aggregateUpdate(
                    &shares[aggregatorID], with: .init(coordinates: coordinates, blind: blind))
            }
            if example == nil { example = (measurements[index], pair, blinds[index]) }
        }
    }
}
