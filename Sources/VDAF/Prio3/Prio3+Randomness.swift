/// What Prio3 derives from seeds (VDAF-20 section 7.2.6).
extension Prio3 {
    private func xof(_ usage: DomainSeparation.Prio3Usage, seed: [UInt8], context: [UInt8], binder: [UInt8]) -> Seeds {
        let tag = DomainSeparation.tag(algorithmID: algorithmID, usage: usage, context: context)
        return Seeds(seed: seed, domainSeparationTag: tag, binder: binder)
    }

    func helperMeasurementShare(context: [UInt8], aggregatorID: Int, seed: [UInt8]) -> [Field] {
        var xof = xof(.measurementShare, seed: seed, context: context, binder: [UInt8(aggregatorID)])
        return xof.nextVector(circuit.measurementLength)
    }

    func helperProofsShare(context: [UInt8], aggregatorID: Int, seed: [UInt8]) -> [Field] {
        let binder = [UInt8(proofs), UInt8(aggregatorID)]
        var xof = xof(.proofShare, seed: seed, context: context, binder: binder)
        return xof.nextVector(flp.proofLength * proofs)
    }

    func proveRandomness(context: [UInt8], seed: [UInt8]) -> [Field] {
        var xof = xof(.proveRandomness, seed: seed, context: context, binder: [UInt8(proofs)])
        return xof.nextVector(flp.proveRandomnessLength * proofs)
    }

    func queryRandomness(verifyKey: [UInt8], context: [UInt8], nonce: [UInt8]) -> [Field] {
        var xof = xof(.queryRandomness, seed: verifyKey, context: context, binder: [UInt8(proofs)] + nonce)
        return xof.nextVector(flp.queryRandomnessLength * proofs)
    }

    /// Binds one aggregator's measurement share; the blind keeps the hash from saying anything about it.
    func jointRandomnessPart(
        context: [UInt8], aggregatorID: Int, blind: [UInt8], measurementShare: [Field], nonce: [UInt8]
    ) -> [UInt8] {
        var xof = xof(.jointRandomnessPart, seed: blind, context: context, binder: [UInt8(aggregatorID)] + nonce)
        xof.absorb(elements: measurementShare)
        return xof.next(Seeds.seedSize)
    }

    func jointRandomnessSeed(context: [UInt8], parts: [[UInt8]]) -> [UInt8] {
        let zeros = [UInt8](repeating: 0, count: Seeds.seedSize)
        var xof = xof(.jointRandomnessSeed, seed: zeros, context: context, binder: Array(parts.joined()))
        return xof.next(Seeds.seedSize)
    }

    func jointRandomness(context: [UInt8], seed: [UInt8]) -> [Field] {
        var xof = xof(.jointRandomness, seed: seed, context: context, binder: [UInt8(proofs)])
        return xof.nextVector(circuit.jointRandomnessLength * proofs)
    }
}
