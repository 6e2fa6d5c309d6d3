import TestSupport
import Testing
import VDAF

/// A circuit whose 'measurements' are encoded vectors, valid or not. With it a dishonest client proves what is not true
/// as well as the honest prover can.
struct ForgingCircuit<Base: ValidityCircuit>: ValidityCircuit {
    typealias Field = Base.Field
    let base: Base

    var measurementLength: Int { base.measurementLength }
    var jointRandomnessLength: Int { base.jointRandomnessLength }
    var outputLength: Int { base.outputLength }
    var evaluationOutputLength: Int { base.evaluationOutputLength }
    var gadgets: [GadgetShape] { base.gadgets }
    var coordinateBound: UInt128 { base.coordinateBound }

    func encode(_ measurement: [Field]) throws(VDAFError) -> [Field] { measurement }
    func truncate(_ encoded: UnsafeBufferPointer<Field>) -> [Field] { base.truncate(encoded) }
    func decode(_ sums: [UInt128], measurementCount: Int) throws(VDAFError) -> Base.AggregateResult {
        try base.decode(sums, measurementCount: measurementCount)
    }
    func evaluateGadget(_ index: Int, _ inputs: UnsafePointer<Field>) -> Field {
        base.evaluateGadget(index, inputs)
    }
    func evaluate<Caller: GadgetCaller>(
        _ encoded: UnsafeBufferPointer<Field>, jointRandomness: UnsafeBufferPointer<Field>, shareOfOne: Field,
        caller: inout Caller, into outputs: UnsafeMutablePointer<Field>
    ) where Caller.Field == Field {
        base.evaluate(
            encoded, jointRandomness: jointRandomness, shareOfOne: shareOfOne, caller: &caller, into: outputs)
    }
}

/// What must fail.
@Suite struct Prio3SoundnessTests {
    /// Verifies, honestly, a report whose client proved that `encoded` is valid.
    static func verifyForged<Circuit, Seeds>(
        _ vdaf: Prio3<Circuit, Seeds>, _ encoded: [Circuit.Field], _ random: inout SeededGenerator
    ) throws(VDAFError) {
        let forger = try Prio3<_, Seeds>(
            algorithmID: vdaf.algorithmID, circuit: ForgingCircuit(base: vdaf.circuit), shares: vdaf.shares,
            proofs: vdaf.proofs)
        let (context, key, nonce) = (random.bytes(5), random.bytes(32), random.bytes(16))
        let (publicShare, inputShares) = try forger.shard(
            context: context, measurement: encoded, nonce: nonce, rand: random.bytes(vdaf.randSize))
        var shares: [Prio3VerifierShare<Circuit.Field>] = []
        for (aggregator, inputShare) in inputShares.enumerated() {
            shares.append(
                try vdaf.verifyInit(
                    verifyKey: key, context: context, aggregatorID: aggregator, aggregationParameter: (),
                    nonce: nonce, publicShare: publicShare, inputShare: inputShare
                ).share)
        }
        _ = try vdaf.verifierSharesToMessage(context: context, aggregationParameter: (), verifierShares: shares)
    }

    static func expectRejected<Circuit, Seeds>(
        _ vdaf: Prio3<Circuit, Seeds>, valid: [Circuit.Field], invalid: [[Circuit.Field]],
        _ random: inout SeededGenerator
    ) {
        #expect(throws: Never.self, "the forger is an honest prover for valid vectors") {
            try verifyForged(vdaf, valid, &random)
        }
        for encoded in invalid {
            #expect(throws: VDAFError.proofRejected, "\(encoded.map(\.canonicalValue))") {
                try verifyForged(vdaf, encoded, &random)
            }
        }
    }

    static func elements<Field: FieldElement>(_ values: Int...) -> [Field] {
        values.map { $0 < 0 ? -Field(UInt64(-$0)) : Field(UInt64($0)) }
    }

    @Test(arguments: [2, 3])
    func invalidMeasurementsWithWellMadeProofsAreRejected(shares: Int) throws {
        var random = SeededGenerator()
        Self.expectRejected(
            try Prio3Count(shares: shares), valid: Self.elements(1),
            invalid: [Self.elements(2), Self.elements(-1), [random.element()]], &random)
        Self.expectRejected(
            try Prio3Sum(maxMeasurement: 5, shares: shares), valid: Self.elements(1, 0, 1),
            invalid: [Self.elements(2, 0, 0), Self.elements(0, 0, -1), Self.elements(1, 1, 2), random.elements(3)],
            &random)
        Self.expectRejected(
            try Prio3SumVec(length: 2, maxMeasurement: 7, chunkLength: 4, shares: shares),
            valid: Self.elements(1, 0, 1, 1, 1, 1),
            invalid: [
                Self.elements(2, 0, 0, 0, 0, 0), Self.elements(0, 0, 0, 0, 0, 2), Self.elements(0, -1, 0, 0, 0, 0),
                Self.elements(2, -1, 0, 0, 0, 0), random.elements(6),
            ], &random)
        Self.expectRejected(
            try Prio3Histogram(length: 5, chunkLength: 2, shares: shares), valid: Self.elements(0, 0, 0, 1, 0),
            invalid: [
                Self.elements(0, 0, 0, 0, 0), Self.elements(1, 0, 0, 1, 0), Self.elements(2, 0, -1, 0, 0),
                Self.elements(0, 0, 0, 0, 2), random.elements(5),
            ], &random)
        // Four coordinates, then a weight in [0, 2] as bits that weigh 1 and 1.
        Self.expectRejected(
            try Prio3MultihotCountVec(length: 4, maxWeight: 2, chunkLength: 3, shares: shares),
            valid: Self.elements(0, 1, 1, 0, 1, 1),
            invalid: [
                Self.elements(0, 1, 1, 0, 1, 0), Self.elements(1, 1, 1, 0, 1, 1), Self.elements(1, 1, 1, 0, 2, 1),
                Self.elements(2, 0, 0, 0, 1, 1), Self.elements(2, -1, 0, 0, 1, 0), Self.elements(0, 0, 0, 0, 0, 1),
                random.elements(6),
            ], &random)
        // Two coordinates and their sum, all in [0, 3] as bits that weigh 1 and 2.
        Self.expectRejected(
            try Prio3L1BoundSum(length: 2, maxValue: 3, chunkLength: 4, shares: shares),
            valid: Self.elements(1, 0, 0, 1, 1, 1),
            invalid: [
                Self.elements(1, 0, 0, 1, 0, 1), Self.elements(1, 1, 1, 0, 0, 2), Self.elements(1, 1, 1, 1, 0, 3),
                Self.elements(2, 0, 0, 0, 0, 1), Self.elements(0, 0, -1, 0, -1, 0), Self.elements(0, 0, 0, 0, 1, 0),
                random.elements(6),
            ], &random)
    }

    @Test func invalidMeasurementsAreRejectedWithSeveralProofs() throws {
        var random = SeededGenerator()
        Self.expectRejected(
            try Prio3SumVecField64Multiproof(length: 2, maxMeasurement: 3, chunkLength: 3),
            valid: Self.elements(1, 0, 1, 1), invalid: [Self.elements(2, 0, 0, 0), random.elements(4)], &random)
        Self.expectRejected(
            try Prio3SumVecField64MultiproofHmacSha256Aes128(length: 2, maxMeasurement: 3, chunkLength: 3),
            valid: Self.elements(1, 0, 1, 1), invalid: [Self.elements(2, 0, 0, 0), random.elements(4)], &random)
    }

    @Test func aReportOnlyVerifiesUnderItsNonceKeyAndContext() throws {
        var random = SeededGenerator()
        let vdaf = try Prio3SumVec(length: 2, maxMeasurement: 5, chunkLength: 2)
        let report = try Report(vdaf, [4, 5], &random)
        func verify(contexts: [[UInt8]], nonces: [[UInt8]], keys: [[UInt8]]) throws {
            var shares: [Prio3VerifierShare<Field128>] = []
            for j in 0..<2 {
                shares.append(
                    try vdaf.verifyInit(
                        verifyKey: keys[j], context: contexts[j], aggregatorID: j, aggregationParameter: (),
                        nonce: nonces[j], publicShare: report.publicShare, inputShare: report.inputShares[j]
                    ).share)
            }
            _ = try vdaf.verifierSharesToMessage(
                context: contexts[0], aggregationParameter: (), verifierShares: shares)
        }
        let (c, n, k) = (report.context, report.nonce, report.verifyKey)
        let (otherC, otherN, otherK) = (random.bytes(5), random.bytes(16), random.bytes(32))
        #expect(throws: Never.self) { try verify(contexts: [c, c], nonces: [n, n], keys: [k, k]) }
        #expect(throws: Never.self, "the key is the aggregators' own affair") {
            try verify(contexts: [c, c], nonces: [n, n], keys: [otherK, otherK])
        }
        #expect(throws: VDAFError.proofRejected) {
            try verify(contexts: [c, c], nonces: [n, n], keys: [k, otherK])
        }
        #expect(throws: VDAFError.proofRejected) {
            try verify(contexts: [otherC, otherC], nonces: [n, n], keys: [k, k])
        }
        #expect(throws: VDAFError.proofRejected) {
            try verify(contexts: [c, c], nonces: [otherN, otherN], keys: [k, k])
        }
    }

    @Test func aWrongVerifierMessageIsRejected() throws {
        var random = SeededGenerator()
        let vdaf = try Prio3Histogram(length: 4, chunkLength: 2)
        let report = try Report(vdaf, 1, &random)
        let (state, _) = try report.verifyInit(0)
        let message = try vdaf.decodeVerifierMessage(random.bytes(32))
        #expect(throws: VDAFError.jointRandomnessMismatch) {
            try vdaf.verifyNext(context: report.context, state: state, message: message)
        }
    }

    @Test func eachAggregatorSeesWhetherItsOwnJointRandomnessPartIsWrong() throws {
        var random = SeededGenerator()
        let vdaf = try Prio3Histogram(length: 4, chunkLength: 2, shares: 3)
        let report = try Report(vdaf, 1, &random)
        for wrong in [nil, 0, 1, 2] as [Int?] {
            var bad = report
            if let wrong { bad.publicShare.jointRandomnessParts[wrong][31] ^= 0x80 }
            for aggregator in 0..<3 {
                let (state, _) = try bad.verifyInit(aggregator)
                #expect(vdaf.jointRandomnessPartMatches(state) == (aggregator != wrong))
            }
        }
        let count = try Prio3Count()
        #expect(count.jointRandomnessPartMatches(try Report(count, true, &random).verifyInit(0).state))
    }
}
