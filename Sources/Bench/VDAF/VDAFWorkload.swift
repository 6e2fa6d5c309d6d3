import Parallel
import VDAF

/// Any VDAF for two aggregators, with what differs between types as values.
package struct VDAFWorkload<V: VDAF>: Sendable where V.AggregateResult: Equatable {
    package typealias Request = VerificationRequest<V.PublicShare, V.InputShare>
    package typealias Step = (state: V.VerifierState, share: V.VerifierShare)
    package typealias Draw = @Sendable (inout SeededRandomness) -> (measurement: V.Measurement, coordinates: [UInt64])

    let vdaf: V
    let name: String
    let aggregationParameter: V.AggregationParameter
    /// The number of sums.
    let outputLength: Int
    /// Sums are taken modulo this.
    let modulus: UInt128
    let leastWork: LeastWork?
    /// A random measurement, and what it adds to every sum.
    let draw: Draw
    /// The aggregate result that sums mean.
    let result: @Sendable (_ sums: [UInt128], _ count: Int) -> V.AggregateResult
    /// The first step of verification, for a job.
    let verifyInit:
        @Sendable (
            _ verifyKey: [UInt8], _ context: [UInt8], _ aggregatorID: Int, _ requests: [Request], _ threads: Int
        ) -> [Result<Step, VDAFError>]

    package var erased: Workload {
        let runBatch: @Sendable (Int, Int, Int, inout SeededRandomness) throws(BenchError) -> PhaseTimes = {
            reports, jobSize, threads, randomness throws(BenchError) in
            var batch = VDAFBatch(workload: self, threads: threads, randomness: randomness)
            for start in stride(from: 0, to: reports, by: jobSize) {
                try batch.runJob(count: min(jobSize, reports - start))
            }
            try batch.checkAggregate(count: reports)
            randomness = batch.randomness
            return batch.times
        }
        return Workload(runBatch: runBatch, leastWork: leastWork)
    }
}

extension VDAFWorkload where V: OneRoundVDAF {
    /// A type of the Prio3 family: jobs are verified as nodes do it.
    package init(
        _ vdaf: V, name: String, leastWork: LeastWork?, draw: @escaping Draw,
        result: @escaping @Sendable (_ sums: [UInt128], _ count: Int) -> V.AggregateResult
    ) {
        self.init(
            vdaf: vdaf, name: name, aggregationParameter: (), outputLength: vdaf.outputLength, modulus: V.Field.modulus,
            leastWork: leastWork, draw: draw, result: result
        ) { verifyKey, context, aggregatorID, requests, threads in
            vdaf.verifyInit(
                verifyKey: verifyKey, context: context, aggregatorID: aggregatorID, reports: requests, threads: threads)
        }
    }
}

extension VDAFWorkload where V == Poplar1 {
    private static var mostCandidates: Int { 16 }

    /// Poplar1 at its last level, with up to 16 candidates, one of which most measurements are.
    ///
    /// It has no verification by job: reports are spread over the threads one by one.
    init(_ vdaf: Poplar1, name: String, randomness: inout SeededRandomness) throws(VDAFError) {
        var strings: Set<BitString> = []
        for _ in 0..<Self.mostCandidates { strings.insert(Self.string(of: vdaf.bits, &randomness)) }
        let candidates = strings.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        let parameter = try Poplar1AggregationParameter(level: vdaf.bits - 1, prefixes: candidates)
        self.init(
            vdaf: vdaf, name: name, aggregationParameter: parameter, outputLength: candidates.count,
            modulus: UInt128.max, leastWork: nil
        ) { [bits = vdaf.bits] randomness in
            let isCandidate = randomness.integer(bits: 2) > 0
            let chosen = candidates[Int.random(in: candidates.indices, using: &randomness)]
            let measurement = isCandidate ? chosen : Self.string(of: bits, &randomness)
            return (measurement, candidates.map { $0 == measurement ? 1 : 0 })
        } result: { sums, _ in
            sums
        } verifyInit: { verifyKey, context, aggregatorID, requests, threads in
            concurrentMap(count: requests.count, threads: threads) { index in
                Result { () throws(VDAFError) in
                    try vdaf.verifyInit(
                        verifyKey: verifyKey, context: context, aggregatorID: aggregatorID,
                        aggregationParameter: parameter, nonce: requests[index].nonce,
                        publicShare: requests[index].publicShare, inputShare: requests[index].inputShare)
                }
            }
        }
    }

    private static func string(of bits: Int, _ randomness: inout SeededRandomness) -> BitString {
        BitString((0..<bits).map { _ in randomness.integer(bits: 1) == 1 })
    }
}
