import TestSupport
import Testing
import VDAF

/// Verification of whole jobs gives, report by report, what verification of one report gives.
@Suite struct VerificationJobTests {
    static func check<Circuit: ValidityCircuit, Seeds: Xof>(
        _ vdaf: Prio3<Circuit, Seeds>, measurement: Circuit.Measurement, _ random: inout SeededGenerator
    ) throws {
        typealias Request = VerificationRequest<Prio3PublicShare, Prio3InputShare<Circuit.Field>>
        let (key, context) = (random.bytes(32), random.bytes(11))
        for count in [0, 1, 2, 3, 4, 5, 9] {
            var jobs: [[Request]] = [[Request]](repeating: [], count: vdaf.shares)
            for _ in 0..<count {
                var nonce = random.bytes(16)
                let rand = random.bytes(vdaf.randSize)
                var (publicShare, inputShares) = try vdaf.shard(
                    context: context, measurement: measurement, nonce: nonce, rand: rand)
                // Every second report is as it should be; the others are wrong in a way of their own.
                switch Int.random(in: 0..<8, using: &random) {
                case 0: nonce.removeLast()
                case 1: publicShare = Prio3PublicShare(jointRandomnessParts: [[]])
                case 2: inputShares.reverse()
                case 3: nonce[0] ^= 1
                default: break
                }
                for id in 0..<vdaf.shares {
                    jobs[id].append(Request(nonce: nonce, publicShare: publicShare, inputShare: inputShares[id]))
                }
            }
            for (id, job) in jobs.enumerated() {
                let alone = job.map { report in
                    Result { () throws(VDAFError) in
                        try vdaf.verifyInit(
                            verifyKey: key, context: context, aggregatorID: id, aggregationParameter: (),
                            nonce: report.nonce, publicShare: report.publicShare, inputShare: report.inputShare)
                    }
                }
                for threads in [1, 2, 3] {
                    let together = vdaf.verifyInit(
                        verifyKey: key, context: context, aggregatorID: id, reports: job, threads: threads)
                    #expect(together.count == count)
                    for (one, other) in zip(together, alone) {
                        switch (one, other) {
                        case (.success(let one), .success(let other)):
                            #expect(one.state == other.state && one.share == other.share)
                        case (.failure(let one), .failure(let other)):
                            #expect(one == other)
                        default:
                            Issue.record("alone \(other), in a job of \(count) \(one)")
                        }
                    }
                }
            }
        }
    }

    @Test func everyTypeInJobsOfEverySize() throws {
        var random = SeededGenerator()
        try Self.check(Prio3Count(), measurement: true, &random)
        try Self.check(Prio3Sum(maxMeasurement: 1000), measurement: 7, &random)
        try Self.check(Prio3Histogram(length: 40, chunkLength: 7), measurement: 3, &random)
        try Self.check(
            Prio3SumVec(length: 60, maxMeasurement: 255, chunkLength: 21, shares: 3),
            measurement: [UInt64](repeating: 200, count: 60), &random)
        try Self.check(
            Prio3<SumVecCircuit<Field64>, XofTurboShake128>(
                algorithmID: 0xFFFF_1003, circuit: SumVecCircuit(length: 50, maxMeasurement: 15, chunkLength: 14),
                shares: 2, proofs: 3),
            measurement: [UInt64](repeating: 9, count: 50), &random)
        try Self.check(
            Prio3SumVecField64MultiproofHmacSha256Aes128(
                algorithmID: 0xFFFF_1003, circuit: SumVecCircuit(length: 50, maxMeasurement: 15, chunkLength: 14),
                shares: 2, proofs: 3),
            measurement: [UInt64](repeating: 9, count: 50), &random)
        try Self.check(
            Prio3MultihotCountVec(length: 20, maxWeight: 3, chunkLength: 5),
            measurement: (0..<20).map { $0 % 9 == 0 }, &random)
        try Self.check(
            Prio3L1BoundSum(length: 6, maxValue: 100, chunkLength: 7), measurement: [1, 2, 3, 4, 5, 6], &random)
        try Self.check(Prio3Average(maxMeasurement: 1000), measurement: 7, &random)
    }

    @Test func reportsOfAJobAreAcceptedTogether() throws {
        var random = SeededGenerator()
        let vdaf = try Prio3Histogram(length: 12, chunkLength: 4)
        let (key, context) = (random.bytes(32), random.bytes(5))
        let reports = try (0..<6).map { bucket in
            let nonce = random.bytes(16)
            return (
                nonce: nonce,
                shares: try vdaf.shard(
                    context: context, measurement: bucket, nonce: nonce, rand: random.bytes(vdaf.randSize))
            )
        }
        var aggregate = vdaf.aggregateInit(())
        let steps = try (0..<2).map { id in
            try vdaf.verifyInit(
                verifyKey: key, context: context, aggregatorID: id,
                reports: reports.map {
                    VerificationRequest(
                        nonce: $0.nonce, publicShare: $0.shares.publicShare, inputShare: $0.shares.inputShares[id])
                }, threads: 2
            ).map { try $0.get() }
        }
        for (leader, helper) in zip(steps[0], steps[1]) {
            let message = try vdaf.verifierSharesToMessage(
                context: context, aggregationParameter: (), verifierShares: [leader.share, helper.share])
            for step in [leader, helper] {
                if case .finished(let output) = try vdaf.verifyNext(
                    context: context, state: step.state, message: message)
                {
                    vdaf.aggregateUpdate(&aggregate, with: output)
                }
            }
        }
        let result = aggregate.map(\.canonicalValue)
        #expect(result == (0..<12).map { $0 < 6 ? 1 : 0 })
    }
}
