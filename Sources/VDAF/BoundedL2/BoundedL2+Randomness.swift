/// What a bounded-norm vector derives from seeds. Usages and binders follow Prio3 (VDAF-20 section 7.2.6) where Prio3
/// has the derivation.
extension BoundedL2 {
    private func stream(_ usage: DomainSeparation.BoundedL2Usage, context: [UInt8], seed: [UInt8]) -> Seeds {
        Seeds(
            seed: seed,
            domainSeparationTag: DomainSeparation.tag(algorithmID: algorithmID, usage: usage, context: context))
    }

    /// The binder of everything about proofs begins with their numbers.
    private func absorbProofCounts(into stream: inout Seeds) {
        stream.absorb(byte: Self.normEqualityProofs)
        stream.absorb(byte: Self.boundedNormProofs)
    }

    /// The helper's share of the encoded measurement.
    func helperMeasurementShare(context: [UInt8], seed: [UInt8]) -> [Field] {
        var stream = stream(.measurementShare, context: context, seed: seed)
        stream.absorb(byte: 1)
        return stream.nextVector(measurementLength)
    }

    /// The helper's share of all proofs.
    func helperProofsShare(context: [UInt8], seed: [UInt8]) -> [Field] {
        var stream = stream(.proofShare, context: context, seed: seed)
        absorbProofCounts(into: &stream)
        stream.absorb(byte: 1)
        return stream.nextVector(proofsLength)
    }

    /// The prover's randomness, for all proofs in order.
    func proveRandomness(context: [UInt8], seed: [UInt8]) -> [Field] {
        var stream = stream(.proveRandomness, context: context, seed: seed)
        absorbProofCounts(into: &stream)
        return stream.nextVector(
            normEquality.proveRandomnessLength * Self.normEqualityProofs
                + boundedNorm.proveRandomnessLength * Self.boundedNormProofs)
    }

    /// The verifiers' randomness, for all proofs in order.
    func queryRandomness(verifyKey: [UInt8], context: [UInt8], nonce: [UInt8]) -> [Field] {
        var stream = stream(.queryRandomness, context: context, seed: verifyKey)
        absorbProofCounts(into: &stream)
        stream.absorb(nonce)
        return stream.nextVector(
            normEquality.queryRandomnessLength * Self.normEqualityProofs
                + boundedNorm.queryRandomnessLength * Self.boundedNormProofs)
    }

    /// The part that binds a share of the vector. The blind keeps it from saying anything about the share.
    func wraparoundPart(
        context: [UInt8], aggregatorID: Int, blind: [UInt8], nonce: [UInt8], vector: UnsafeBufferPointer<Field>
    ) -> [UInt8] {
        part(.wraparoundPart, context: context, aggregatorID: aggregatorID, blind: blind, nonce: nonce, vector)
    }

    /// The part that binds a share of the rest of the encoded measurement.
    func verificationPart(
        context: [UInt8], aggregatorID: Int, blind: [UInt8], nonce: [UInt8], bits: UnsafeBufferPointer<Field>
    ) -> [UInt8] {
        part(.verificationPart, context: context, aggregatorID: aggregatorID, blind: blind, nonce: nonce, bits)
    }

    private func part(
        _ usage: DomainSeparation.BoundedL2Usage, context: [UInt8], aggregatorID: Int, blind: [UInt8], nonce: [UInt8],
        _ elements: UnsafeBufferPointer<Field>
    ) -> [UInt8] {
        var stream = stream(usage, context: context, seed: blind)
        stream.absorb(byte: aggregatorID)
        stream.absorb(nonce)
        // The memory of elements is their encoding.
        stream.absorb(UnsafeRawBufferPointer(elements))
        return stream.next(Seeds.seedSize)
    }

    /// The stream of the tests' signs.
    ///
    /// - Parameter parts: The leader's and the helper's wraparound part.
    package func wraparoundSigns(context: [UInt8], parts: [[UInt8]]) -> XofHmacSha256Aes128 {
        stream(.wraparoundSigns, context: context, seed: seed(.wraparoundSeed, context: context, binder: parts))
    }

    /// The seed of the joint randomness, which depends on all parts.
    ///
    /// - Parameter parts: The leader's and the helper's joint-randomness part: wraparound part ‖ verification part.
    func jointRandomnessSeed(context: [UInt8], parts: [[UInt8]]) -> [UInt8] {
        seed(.jointRandomnessSeed, context: context, binder: parts)
    }

    private func seed(
        _ usage: DomainSeparation.BoundedL2Usage, context: [UInt8], binder: [[UInt8]]
    ) -> [UInt8] {
        var stream = stream(usage, context: context, seed: [UInt8](repeating: 0, count: Seeds.seedSize))
        for part in binder { stream.absorb(part) }
        return stream.next(Seeds.seedSize)
    }

    func jointRandomness(context: [UInt8], seed: [UInt8]) -> [Field] {
        var stream = stream(.jointRandomness, context: context, seed: seed)
        absorbProofCounts(into: &stream)
        return stream.nextVector(boundedNorm.circuit.jointRandomnessLength * Self.boundedNormProofs)
    }
}
