import Secrets

extension BoundedL2 {
    /// See ``VDAF/verifyInit(verifyKey:context:aggregatorID:aggregationParameter:nonce:publicShare:inputShare:)``.
    ///
    /// As with Prio3, a joint-randomness part in the public share that differs from this aggregator's own is not an
    /// error here; the state says so (``OneRoundVDAF/jointRandomnessPartMatches(_:)``).
    @specialized(where Field == Field64)
    @specialized(where Field == Field128)
    public func verifyInit(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int, aggregationParameter: Void, nonce: [UInt8],
        publicShare: PublicShare, inputShare: InputShare
    ) throws(VDAFError) -> (state: VerifierState, share: VerifierShare) {
        try checkArguments(nonce: nonce, context: context, xof: Seeds.self)
        guard verifyKey.count == verifyKeySize else {
            throw .invalidArgument("a verify key has \(verifyKeySize) bytes, not \(verifyKey.count)")
        }
        let publicParts = publicShare.jointRandomnessParts
        guard publicParts.count == 2, publicParts.allSatisfy({ $0.count == partSize }) else {
            throw .invalidArgument("a public share has two joint-randomness parts of \(partSize) bytes")
        }
        var share = try expand(inputShare, context: context, aggregatorID: aggregatorID)
        let joint = try joint(
            of: share, context: context, aggregatorID: aggregatorID, nonce: nonce, publicParts: publicParts)
        let verifiersShare = try query(
            share, checked: joint.checked,
            queryRandomness: queryRandomness(verifyKey: verifyKey, context: context, nonce: nonce),
            jointRandomness: jointRandomness(context: context, seed: joint.seed))
        // What is left is the share of the vector, in the memory where it was expanded.
        share.measurement.removeLast(measurementLength - dimension)
        return (
            VerifierState(
                outputShare: share.measurement, jointRandomnessSeed: joint.seed,
                jointRandomnessPartMatches: constantTimeEqual(joint.ownPart, publicParts[aggregatorID])),
            VerifierShare(verifiersShare: verifiersShare, jointRandomnessPart: joint.ownPart)
        )
    }

    /// An aggregator's share of a report.
    private struct ExpandedShare {
        var measurement: [Field]
        let proofs: [Field]
        let blind: [UInt8]
    }

    @inline(__always)
    private func expand(
        _ inputShare: InputShare, context: [UInt8], aggregatorID: Int
    ) throws(VDAFError) -> ExpandedShare {
        switch inputShare {
        case .leader(let measurementShare, let proofsShare, let blind?)
        where aggregatorID == 0 && measurementShare.count == measurementLength && proofsShare.count == proofsLength
            && blind.count == Seeds.seedSize:
            return ExpandedShare(measurement: measurementShare, proofs: proofsShare, blind: blind)
        case .helper(let seed, let blind?)
        where aggregatorID == 1 && seed.count == Seeds.seedSize && blind.count == Seeds.seedSize:
            return ExpandedShare(
                measurement: helperMeasurementShare(context: context, seed: seed),
                proofs: helperProofsShare(context: context, seed: seed), blind: blind)
        default:
            throw .invalidArgument("not an input share for aggregator \(aggregatorID) of this type")
        }
    }

    /// What an aggregator derives from its share and the other's part.
    private struct Joint {
        /// Its own joint-randomness part.
        let ownPart: [UInt8]
        /// The seed that follows from its own part and the other's.
        let seed: [UInt8]
        /// Its share of what `BoundedNormCircuit` is about: the bits, and its dot products with the signs.
        let checked: [Field]
    }

    @inline(__always)
    private func joint(
        of share: ExpandedShare, context: [UInt8], aggregatorID: Int, nonce: [UInt8], publicParts: [[UInt8]]
    ) throws(VDAFError) -> Joint {
        try share.measurement.withUnsafeBufferPointer { measurement throws(VDAFError) in
            let vector = UnsafeBufferPointer(rebasing: measurement[..<dimension])
            let bits = UnsafeBufferPointer(rebasing: measurement[dimension...])
            let wraparoundPart = wraparoundPart(
                context: context, aggregatorID: aggregatorID, blind: share.blind, nonce: nonce, vector: vector)
            var wraparoundParts = publicParts.map { Array($0.prefix(Seeds.seedSize)) }
            wraparoundParts[aggregatorID] = wraparoundPart
            var signs = wraparoundSigns(context: context, parts: wraparoundParts)
            let results = try SignDotProducts(dimension: dimension, checks: WraparoundTests.count)
                .evaluate(vector, xof: &signs)

            let ownPart =
                wraparoundPart
                + verificationPart(
                    context: context, aggregatorID: aggregatorID, blind: share.blind, nonce: nonce, bits: bits)
            var parts = publicParts
            parts[aggregatorID] = ownPart
            return Joint(
                ownPart: ownPart, seed: jointRandomnessSeed(context: context, parts: parts),
                checked: Array(bits) + results)
        }
    }

    /// The verifiers of all proofs, one after the other: those of the norm, then those of the other checks.
    @inline(__always)
    private func query(
        _ share: ExpandedShare, checked: [Field], queryRandomness: [Field], jointRandomness: [Field]
    ) throws(VDAFError) -> [Field] {
        try withMemory(of: share.proofs, queryRandomness) { proofs, queryRandomness throws(VDAFError) in
            let verifiers = try share.measurement.withUnsafeBufferPointer { measurement throws(VDAFError) in
                try normEquality.query(
                    proofs: Self.normEqualityProofs,
                    encoded: measurement.row(0, of: normEquality.circuit.measurementLength), proofsShare: proofs,
                    queryRandomness: queryRandomness, jointRandomness: .init(start: nil, count: 0),
                    shareOfOne: shareOfOne, workspace: normEquality.makeWorkspace())
            }
            return try withMemory(of: checked, jointRandomness) { checked, jointRandomness throws(VDAFError) in
                try verifiers
                    + boundedNorm.query(
                        proofs: Self.boundedNormProofs, encoded: checked,
                        proofsShare: proofs.rest(from: normEquality.proofLength * Self.normEqualityProofs),
                        queryRandomness: queryRandomness.rest(
                            from: normEquality.queryRandomnessLength * Self.normEqualityProofs),
                        jointRandomness: jointRandomness, shareOfOne: shareOfOne,
                        workspace: boundedNorm.makeWorkspace())
            }
        }
    }

    @specialized(where Field == Field64)
    @specialized(where Field == Field128)
    public func verifierSharesToMessage(
        context: [UInt8], aggregationParameter: Void, verifierShares: [VerifierShare]
    ) throws(VDAFError) -> VerifierMessage {
        guard verifierShares.count == shares else {
            throw .invalidArgument("expected \(shares) verifier shares, got \(verifierShares.count)")
        }
        var verifiers = [Field](repeating: .zero, count: verifiersLength)
        var parts: [[UInt8]] = []
        for share in verifierShares {
            guard share.verifiersShare.count == verifiers.count, let part = share.jointRandomnessPart,
                part.count == partSize
            else {
                throw .invalidArgument("a verifier share belongs to another type")
            }
            Field.addVector(&verifiers, share.verifiersShare)
            parts.append(part)
        }
        var start = 0
        for _ in 0..<Self.normEqualityProofs {
            guard normEquality.decide(verifiers[start..<start + normEquality.verifierLength]) else {
                throw .proofRejected
            }
            start += normEquality.verifierLength
        }
        for _ in 0..<Self.boundedNormProofs {
            guard boundedNorm.decide(verifiers[start..<start + boundedNorm.verifierLength]) else {
                throw .proofRejected
            }
            start += boundedNorm.verifierLength
        }
        return VerifierMessage(jointRandomnessSeed: jointRandomnessSeed(context: context, parts: parts))
    }
}
