/// What Prio3 derives from seeds (VDAF-20 section 7.2.6).
///
/// Everything is derived for several reports at once, because XOFs may be faster on several streams (``Xof``).
extension Prio3 {
    /// A stream for each of `count` reports, all for one usage. `seed` and `binder` give a report's own.
    private func streams(
        _ usage: DomainSeparation.Prio3Usage, context: [UInt8], count: Int, seed: (Int) -> [UInt8],
        binder: (Int) -> [UInt8]
    ) -> [Seeds] {
        let tag = DomainSeparation.tag(algorithmID: algorithmID, usage: usage, context: context)
        return (0..<count).map { Seeds(seed: seed($0), domainSeparationTag: tag, binder: binder($0)) }
    }

    /// Streams of helpers' measurement shares.
    func measurementShareStreams(context: [UInt8], aggregatorID: Int, seeds: [[UInt8]]) -> [Seeds] {
        let binder = [UInt8(aggregatorID)]
        return streams(.measurementShare, context: context, count: seeds.count) { seeds[$0] } binder: { _ in binder }
    }

    func helperMeasurementShares(context: [UInt8], aggregatorID: Int, seeds: [[UInt8]]) -> [[Field]] {
        var streams = measurementShareStreams(context: context, aggregatorID: aggregatorID, seeds: seeds)
        return Seeds.nextVectors(circuit.measurementLength, from: &streams)
    }

    func helperProofsShares(context: [UInt8], aggregatorID: Int, seeds: [[UInt8]]) -> [[Field]] {
        let binder = [UInt8(proofs), UInt8(aggregatorID)]
        var streams = streams(.proofShare, context: context, count: seeds.count) { seeds[$0] } binder: { _ in binder }
        return Seeds.nextVectors(flp.proofLength * proofs, from: &streams)
    }

    /// The prover's randomness, and each helper's share of the proofs.
    func proveRandomnessAndProofsShares(
        context: [UInt8], seed: [UInt8], helperSeeds: [[UInt8]]
    ) -> (randomness: [Field], shares: [[Field]]) {
        var streams = streams(.proveRandomness, context: context, count: 1) { _ in seed } binder: { _ in
            [UInt8(proofs)]
        }
        streams += self.streams(.proofShare, context: context, count: helperSeeds.count) {
            helperSeeds[$0]
        } binder: {
            [UInt8(proofs), UInt8($0 + 1)]
        }
        let lengths =
            [flp.proveRandomnessLength * proofs]
            + [Int](repeating: flp.proofLength * proofs, count: helperSeeds.count)
        var vectors: [[Field]] = Seeds.nextVectors(lengths, from: &streams)
        return (vectors.removeFirst(), vectors)
    }

    func queryRandomness(verifyKey: [UInt8], context: [UInt8], nonces: [[UInt8]]) -> [[Field]] {
        var streams = streams(.queryRandomness, context: context, count: nonces.count) { _ in verifyKey } binder: {
            [UInt8(proofs)] + nonces[$0]
        }
        return Seeds.nextVectors(flp.queryRandomnessLength * proofs, from: &streams)
    }

    /// Streams that, once a measurement share has been absorbed, give the part that binds it. The blind keeps the part
    /// from saying anything about the share.
    func jointRandomnessPartStreams(
        context: [UInt8], aggregatorID: Int, blinds: [[UInt8]], nonces: [[UInt8]]
    ) -> [Seeds] {
        streams(.jointRandomnessPart, context: context, count: blinds.count) { blinds[$0] } binder: {
            [UInt8(aggregatorID)] + nonces[$0]
        }
    }

    /// Binds aggregators' measurement shares.
    func jointRandomnessParts(
        context: [UInt8], aggregatorID: Int, blinds: [[UInt8]], measurementShares: [[Field]], nonces: [[UInt8]]
    ) -> [[UInt8]] {
        var streams = jointRandomnessPartStreams(
            context: context, aggregatorID: aggregatorID, blinds: blinds, nonces: nonces)
        Seeds.absorb(elements: measurementShares, into: &streams)
        return Seeds.next(Seeds.seedSize, from: &streams)
    }

    func jointRandomnessSeeds(context: [UInt8], parts: [[[UInt8]]]) -> [[UInt8]] {
        let zeros = [UInt8](repeating: 0, count: Seeds.seedSize)
        var streams = streams(.jointRandomnessSeed, context: context, count: parts.count) { _ in zeros } binder: {
            parts[$0].reduce(into: []) { $0 += $1 }
        }
        return Seeds.next(Seeds.seedSize, from: &streams)
    }

    func jointRandomness(context: [UInt8], seeds: [[UInt8]]) -> [[Field]] {
        let binder = [UInt8(proofs)]
        var streams = streams(.jointRandomness, context: context, count: seeds.count) { seeds[$0] } binder: { _ in
            binder
        }
        return Seeds.nextVectors(circuit.jointRandomnessLength * proofs, from: &streams)
    }
}
