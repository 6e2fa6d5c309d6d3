import Parallel
import VDAF

/// One batch on its way from measurements to the aggregate, job by job: what it accumulates, and the time it takes.
///
/// Only the phases themselves are timed, not the making of measurements and randomness.
struct VDAFBatch<V: VDAF> where V.AggregateResult: Equatable {
    private typealias Request = VDAFWorkload<V>.Request
    private typealias Step = VDAFWorkload<V>.Step

    private let workload: VDAFWorkload<V>
    private let threads: Int
    private(set) var randomness: SeededRandomness
    private(set) var times = PhaseTimes()
    private let verifyKey: [UInt8]
    private let context: [UInt8]
    /// Of every aggregator, an aggregate share per thread.
    private var aggregateShares: [[V.AggregateShare]]
    /// The plain sums of all measurements.
    private var sums: [UInt128]

    private var vdaf: V { workload.vdaf }

    init(workload: VDAFWorkload<V>, threads: Int, randomness: SeededRandomness) {
        let vdaf = workload.vdaf
        var randomness = randomness
        self.workload = workload
        self.threads = threads
        verifyKey = randomness.bytes(vdaf.verifyKeySize)
        // As long as DAP's: 'dap-18' and a task ID.
        context = randomness.bytes(38)
        self.randomness = randomness
        let empty = vdaf.aggregateInit(workload.aggregationParameter)
        aggregateShares = [[V.AggregateShare]](repeating: .init(repeating: empty, count: threads), count: 2)
        sums = [UInt128](repeating: 0, count: workload.outputLength)
    }

    mutating func runJob(count: Int) throws(BenchError) {
        let requests = try shard(count: count)
        let leader = try verify(0, requests[0])
        let helper = try verify(1, requests[1])
        times.leaderVerify += leader.elapsed
        times.helperVerify += helper.elapsed
        aggregate(try finish(leader: leader.steps, helper: helper.steps))
    }

    /// Makes reports of random measurements: the leader's and the helper's part of each.
    private mutating func shard(count: Int) throws(BenchError) -> [[Request]] {
        typealias Input = (measurement: V.Measurement, nonce: [UInt8], rand: [UInt8])
        var inputs: [Input] = []
        inputs.reserveCapacity(count)
        for _ in 0..<count {
            let (measurement, coordinates) = workload.draw(&randomness)
            for (index, value) in coordinates.enumerated() { sums[index] += UInt128(value) }
            inputs.append((measurement, randomness.bytes(vdaf.nonceSize), randomness.bytes(vdaf.randSize)))
        }
        let (sharded, elapsed) = timed {
            concurrentMap(count: count, threads: threads) { [vdaf, context, inputs] index in
                Result { () throws(VDAFError) in
                    try vdaf.shard(
                        context: context, measurement: inputs[index].measurement, nonce: inputs[index].nonce,
                        rand: inputs[index].rand)
                }
            }
        }
        times.shard += elapsed
        var requests: [[Request]] = [[], []]
        for (input, result) in zip(inputs, sharded) {
            let (publicShare, inputShares) = try result.orFailure("shard")
            for (aggregatorID, share) in inputShares.enumerated() {
                requests[aggregatorID].append(Request(nonce: input.nonce, publicShare: publicShare, inputShare: share))
            }
        }
        if times.uploadBytes == 0 { times.uploadBytes = uploadBytes(requests.map { $0[0] }) }
        return requests
    }

    private func uploadBytes(_ report: [Request]) -> Int {
        report.reduce(vdaf.encode(publicShare: report[0].publicShare).count) {
            $0 + vdaf.encode(inputShare: $1.inputShare).count
        }
    }

    private func verify(
        _ aggregatorID: Int, _ requests: [Request]
    ) throws(BenchError) -> (steps: [Step], elapsed: Elapsed) {
        let (results, elapsed) = timed {
            workload.verifyInit(verifyKey, context, aggregatorID, requests, threads)
        }
        let steps = try results.map { result throws(BenchError) in try result.orFailure("verification") }
        return (steps, elapsed)
    }

    /// Every report's output shares, after both aggregators have seen that it is valid.
    private mutating func finish(leader: [Step], helper: [Step]) throws(BenchError) -> [[V.OutputShare]] {
        let (results, elapsed) = timed {
            concurrentMap(count: leader.count, threads: threads) { [self] index in
                Result { () throws(VDAFError) in try outputShares([leader[index], helper[index]]) }
            }
        }
        times.finish += elapsed
        return try results.map { result throws(BenchError) in try result.orFailure("the end of verification") }
    }

    private func outputShares(_ first: [Step]) throws(VDAFError) -> [V.OutputShare] {
        var steps = first
        var outputs: [V.OutputShare] = []
        for _ in 0..<vdaf.rounds {
            let message = try vdaf.verifierSharesToMessage(
                context: context, aggregationParameter: workload.aggregationParameter,
                verifierShares: steps.map(\.share))
            for (aggregatorID, step) in steps.enumerated() {
                switch try vdaf.verifyNext(context: context, state: step.state, message: message) {
                case .continued(let state, let share): steps[aggregatorID] = (state, share)
                case .finished(let output): outputs.append(output)
                }
            }
        }
        return outputs
    }

    private mutating func aggregate(_ outputs: [[V.OutputShare]]) {
        for (aggregatorID, shares) in aggregateShares.enumerated() {
            let (sums, elapsed) = timed {
                concurrentMap(count: threads, threads: threads) { [vdaf, threads] thread in
                    var share = shares[thread]
                    for index in stride(from: thread, to: outputs.count, by: threads) {
                        vdaf.aggregateUpdate(&share, with: outputs[index][aggregatorID])
                    }
                    return share
                }
            }
            aggregateShares[aggregatorID] = sums
            times.aggregate += elapsed
        }
    }

    /// Compares the aggregate with the plain sums.
    func checkAggregate(count: Int) throws(BenchError) {
        let aggregate = try Result { () throws(VDAFError) in
            var shares: [V.AggregateShare] = []
            for parts in aggregateShares { shares.append(try vdaf.merge(parts)) }
            return try vdaf.unshard(
                aggregationParameter: workload.aggregationParameter, aggregateShares: shares, measurementCount: count)
        }.orFailure("unsharding")
        guard aggregate == workload.result(sums.map { $0 % workload.modulus }, count) else {
            throw .wrongAggregate(type: workload.name)
        }
    }
}
