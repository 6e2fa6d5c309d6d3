import TestSupport
import Testing
import VDAF

/// A prover's circuit for a client that makes the two aggregators derive *different* joint randomness: the wires carry
/// the sum of what each aggregator will compute from its own share with its own randomness.
private struct SplitRandomnessCircuit: ValidityCircuit {
    let base: SumVecCircuit<Field128>
    let chunkLength: Int
    /// Per aggregator: its measurement share and the joint randomness that it will derive.
    let views: [(share: [Field128], randomness: [Field128])]

    var measurementLength: Int { base.measurementLength }
    var jointRandomnessLength: Int { base.jointRandomnessLength }
    var outputLength: Int { base.outputLength }
    var evaluationOutputLength: Int { base.evaluationOutputLength }
    var gadgets: [GadgetShape] { base.gadgets }
    var coordinateBound: UInt128 { base.coordinateBound }

    func encode(_ measurement: [UInt64]) throws(VDAFError) -> [Field128] { try base.encode(measurement) }
    func truncate(_ encoded: UnsafeBufferPointer<Field128>) -> [Field128] { base.truncate(encoded) }
    func decode(_ sums: [UInt128], measurementCount: Int) throws(VDAFError) -> [UInt128] { sums }
    func evaluateGadget(_ index: Int, _ inputs: UnsafePointer<Field128>) -> Field128 {
        base.evaluateGadget(index, inputs)
    }

    func evaluate<Caller: GadgetCaller>(
        _ encoded: UnsafeBufferPointer<Field128>, jointRandomness: UnsafeBufferPointer<Field128>,
        shareOfOne: Field128, caller: inout Caller, into outputs: UnsafeMutablePointer<Field128>
    ) where Caller.Field == Field128 {
        var sum = Field128.zero
        for call in 0..<gadgets[0].calls {
            let inputs = caller.inputs(of: 0)
            var powers = views.map(\.randomness[call])
            for column in 0..<chunkLength {
                let index = call * chunkLength + column
                inputs[2 * column] = .zero
                inputs[2 * column + 1] = (index < encoded.count ? encoded[index] : .zero) - shareOfOne
                for (number, view) in views.enumerated() where index < encoded.count {
                    inputs[2 * column] += powers[number] * view.share[index]
                    powers[number] *= view.randomness[call]
                }
            }
            sum += caller.call(0)
        }
        outputs[0] = sum
    }
}

/// The attack that `jointRandomnessPartMatches` exists for.
@Suite struct JointRandomnessAttackTests {
    @Test func aWrongPartForTheHelperSplitsTheAggregatorsUnlessTheHelperLooks() throws {
        var random = SeededGenerator()
        let chunkLength = 3
        let vdaf = try Prio3SumVec(length: 2, maxMeasurement: 15, chunkLength: chunkLength)
        let (context, nonce, rand) = (random.bytes(4), random.bytes(16), random.bytes(vdaf.randSize))
        func xof(usage: UInt8, seed: [UInt8], binder: [UInt8]) -> XofTurboShake128 {
            XofTurboShake128(
                seed: seed, domainSeparationTag: [18, 0, 0, 0, 0, 3, 0, usage] + context, binder: binder)
        }
        func jointRandomness(_ parts: [[UInt8]]) -> [Field128] {
            var seedXof = xof(usage: 6, seed: [UInt8](repeating: 0, count: 32), binder: parts[0] + parts[1])
            var stream = xof(usage: 3, seed: seedXof.next(32), binder: [1])
            return stream.nextVector(vdaf.circuit.jointRandomnessLength)
        }

        // All bits are 1, so that the circuit's output is zero whatever the randomness.
        let measurement: [UInt64] = [15, 15]
        let honest = try vdaf.shard(context: context, measurement: measurement, nonce: nonce, rand: rand)
        guard case .leader(let leaderShare, _, _) = honest.inputShares[0] else {
            Issue.record("the first share is the leader's")
            return
        }
        let parts = honest.publicShare.jointRandomnessParts
        let wrongParts = [parts[0], random.bytes(32)]
        let helperShare = leaderShare.map { Field128.one - $0 }
        let circuit = SplitRandomnessCircuit(
            base: vdaf.circuit, chunkLength: chunkLength,
            views: [(leaderShare, jointRandomness(wrongParts)), (helperShare, jointRandomness(parts))])
        let forger = try Prio3<_, XofTurboShake128>(algorithmID: 3, circuit: circuit, shares: 2, proofs: 1)
        let (_, inputShares) = try forger.shard(
            context: context, measurement: measurement, nonce: nonce, rand: rand)

        let key = random.bytes(32)
        let views = try (0..<2).map { aggregator in
            try vdaf.verifyInit(
                verifyKey: key, context: context, aggregatorID: aggregator, aggregationParameter: (), nonce: nonce,
                publicShare: Prio3PublicShare(jointRandomnessParts: wrongParts), inputShare: inputShares[aggregator])
        }
        let message = try vdaf.verifierSharesToMessage(
            context: context, aggregationParameter: (), verifierShares: views.map(\.share))

        #expect(throws: Never.self, "the helper would finish") {
            try vdaf.verifyNext(context: context, state: views[1].state, message: message)
        }
        #expect(throws: VDAFError.jointRandomnessMismatch, "the leader would not") {
            try vdaf.verifyNext(context: context, state: views[0].state, message: message)
        }
        #expect(!vdaf.jointRandomnessPartMatches(views[1].state), "the helper can know")
    }
}
