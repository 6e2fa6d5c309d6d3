import TestSupport
import Testing
import VDAF

/// Reports that must not count for anything but what an honest one counts for.
@Suite struct Poplar1SoundnessTests {
    /// The verified result, or nil if verification fails somewhere.
    static func counts(_ report: Report<Poplar1>) -> [UInt128]? {
        guard let outputs = try? report.verify() else { return nil }
        return try? report.vdaf.unshard(
            aggregationParameter: report.aggregationParameter, aggregateShares: outputs, measurementCount: 1)
    }

    /// A client that shares other values than (1, k), with everything else made as an honest client makes it.
    static func forged(
        _ data: (inner: Field64, leaf: Field255), authenticatorFactor: UInt64, level: Int,
        _ random: inout SeededGenerator
    ) throws -> Report<Poplar1> {
        let (bits, rand) = (3, random.bytes(128))
        let vdaf = try Poplar1(bits: bits)
        let parameter = try Poplar1AggregationParameter(level: level, prefixes: IdpfTests.strings(level + 1))
        let measurement = IdpfTests.randomString(bits, &random)
        var report = try Report(vdaf, measurement, parameter, &random)
        let honest = try vdaf.shard(
            context: report.context, measurement: measurement, nonce: report.nonce, rand: rand)
        var stream = XofTurboShake128(
            seed: Array(rand[96...]), domainSeparationTag: [18, 0, 0, 0, 0, 6, 0, 1] + report.context,
            binder: report.nonce)
        let inner: [Field64] = stream.nextVector(bits - 1)
        let leaf: [Field255] = stream.nextVector(1)
        let generated = try Idpf(valueLength: 2, bits: bits).generate(
            alpha: measurement, innerValues: inner.flatMap { [data.inner, Field64(authenticatorFactor) * $0] },
            leafValue: [data.leaf, Field255(authenticatorFactor) * leaf[0]], context: report.context,
            nonce: report.nonce, rand: Array(rand[..<32]))
        report.publicShare = generated.publicShare
        report.inputShares = honest.inputShares
        for party in 0..<2 { report.inputShares[party].key = generated.keys[party] }
        return report
    }

    @Test(arguments: [0, 1, 2])
    func votesThatAreNotOneAreRejected(level: Int) throws {
        var random = SeededGenerator()
        func result(_ value: Int, _ factor: UInt64) throws -> [UInt128]? {
            let magnitude = UInt64(value.magnitude)
            let data =
                value < 0
                ? (-Field64(magnitude), -Field255(magnitude)) : (Field64(magnitude), Field255(magnitude))
            return Self.counts(try Self.forged(data, authenticatorFactor: factor, level: level, &random))
        }
        #expect(try result(1, 1)?.reduce(0, +) == 1, "the forger is an honest client for honest values")
        #expect(try result(0, 0)?.reduce(0, +) == 0, "abstaining is allowed")
        for (value, factor) in [(2, 2), (2, 1), (-1, 1), (3, 3), (0, 1), (1, 0), (1, 2)] as [(Int, UInt64)] {
            #expect(try result(value, factor) == nil, "a vote of \(value) with \(factor) times the authenticator")
        }
    }

    @Test func aReportOnlyVerifiesUnderItsNonceContextAndACommonKey() throws {
        var random = SeededGenerator()
        let vdaf = try Poplar1(bits: 3)
        for level in [0, 2] {
            let parameter = try Poplar1AggregationParameter(level: level, prefixes: IdpfTests.strings(level + 1))
            let report = try Report(vdaf, IdpfTests.randomString(3, &random), parameter, &random)
            func verify(context: [UInt8], nonce: [UInt8], keys: [[UInt8]]) throws {
                var states: [Poplar1VerifierState] = []
                var shares: [Poplar1Vector] = []
                for party in 0..<2 {
                    let (state, share) = try vdaf.verifyInit(
                        verifyKey: keys[party], context: context, aggregatorID: party,
                        aggregationParameter: parameter, nonce: nonce, publicShare: report.publicShare,
                        inputShare: report.inputShares[party])
                    states.append(state)
                    shares.append(share)
                }
                let sketch = try vdaf.verifierSharesToMessage(
                    context: context, aggregationParameter: parameter, verifierShares: shares)
                shares = try states.map { state in
                    guard
                        case .continued(_, let share) = try vdaf.verifyNext(
                            context: context, state: state, message: sketch)
                    else { throw VDAFError.unexpectedMessage("one round") }
                    return share
                }
                _ = try vdaf.verifierSharesToMessage(
                    context: context, aggregationParameter: parameter, verifierShares: shares)
            }
            let (c, n, k) = (report.context, report.nonce, report.verifyKey)
            let (otherC, otherN, otherK) = (random.bytes(5), random.bytes(16), random.bytes(32))
            #expect(throws: Never.self) { try verify(context: c, nonce: n, keys: [k, k]) }
            #expect(throws: Never.self, "the key is the aggregators' own affair") {
                try verify(context: c, nonce: n, keys: [otherK, otherK])
            }
            for (context, nonce, keys) in [(otherC, n, [k, k]), (c, otherN, [k, k]), (c, n, [k, otherK])] {
                #expect(throws: VDAFError.proofRejected) { try verify(context: context, nonce: nonce, keys: keys) }
            }
        }
    }
}
