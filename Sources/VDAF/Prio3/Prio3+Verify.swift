extension Prio3 {
    /// See ``VDAF/verifyInit(verifyKey:context:aggregatorID:aggregationParameter:nonce:publicShare:inputShare:)``
    /// (VDAF-20 section 7.2.2).
    ///
    /// A joint-randomness part in the public share that differs from this aggregator's own is not an error here; the
    /// state says so.
    @specialized(where Circuit == CountCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field128>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofHmacSha256Aes128)
    @specialized(where Circuit == HistogramCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == MultihotCountVecCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == L1BoundSumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == AverageCircuit, Seeds == XofTurboShake128)
    public func verifyInit(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int, aggregationParameter: Void, nonce: [UInt8],
        publicShare: PublicShare, inputShare: InputShare
    ) throws(VDAFError) -> (state: VerifierState, share: VerifierShare) {
        try checkArguments(nonce: nonce, context: context, xof: Seeds.self)
        guard verifyKey.count == verifyKeySize else {
            throw .invalidArgument("a verify key has \(verifyKeySize) bytes, not \(verifyKey.count)")
        }
        let parts = publicShare.jointRandomnessParts
        guard parts.count == (usesJointRandomness ? shares : 0) else {
            throw .invalidArgument("the public share has \(parts.count) joint-randomness parts")
        }
        let share = try expand(inputShare, context: context, aggregatorID: aggregatorID)

        var part: [UInt8]?
        var seed: [UInt8]?
        var matches = true
        var jointRandomness: [Field] = []
        if let blind = share.blind {
            let ownPart = jointRandomnessPart(
                context: context, aggregatorID: aggregatorID, blind: blind,
                measurementShare: share.measurement, nonce: nonce)
            var correctedParts = parts
            matches = constantTimeEqual(parts[aggregatorID], ownPart)
            correctedParts[aggregatorID] = ownPart
            let correctedSeed = jointRandomnessSeed(context: context, parts: correctedParts)
            jointRandomness = self.jointRandomness(context: context, seed: correctedSeed)
            part = ownPart
            seed = correctedSeed
        }

        let queryRandomness = self.queryRandomness(verifyKey: verifyKey, context: context, nonce: nonce)
        let verifiersShare = try query(
            encoded: share.measurement, proofs: share.proofs, queryRandomness: queryRandomness,
            jointRandomness: jointRandomness)
        let state = VerifierState(
            outputShare: circuit.truncate(share.measurement), jointRandomnessSeed: seed,
            jointRandomnessPartMatches: matches)
        return (state, VerifierShare(verifiersShare: verifiersShare, jointRandomnessPart: part))
    }

    @specialized(where Circuit == CountCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field128>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofHmacSha256Aes128)
    @specialized(where Circuit == HistogramCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == MultihotCountVecCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == L1BoundSumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == AverageCircuit, Seeds == XofTurboShake128)
    public func verifierSharesToMessage(
        context: [UInt8], aggregationParameter: Void, verifierShares: [VerifierShare]
    ) throws(VDAFError) -> VerifierMessage {
        guard verifierShares.count == shares else {
            throw .invalidArgument("expected \(shares) verifier shares, got \(verifierShares.count)")
        }
        var verifiers = [Field](repeating: .zero, count: flp.verifierLength * proofs)
        var parts: [[UInt8]] = []
        for share in verifierShares {
            guard share.verifiersShare.count == verifiers.count else {
                throw .invalidArgument("a verifier share belongs to another type")
            }
            Field.addVector(&verifiers, share.verifiersShare)
            if let part = share.jointRandomnessPart {
                parts.append(part)
            }
        }
        for start in stride(from: 0, to: verifiers.count, by: flp.verifierLength) {
            guard flp.decide(verifiers[start..<start + flp.verifierLength]) else {
                throw .proofRejected
            }
        }
        guard parts.count == (usesJointRandomness ? shares : 0) else {
            throw .invalidArgument("a verifier share belongs to another type")
        }
        let seed = usesJointRandomness ? jointRandomnessSeed(context: context, parts: parts) : nil
        return VerifierMessage(jointRandomnessSeed: seed)
    }

    public func verifyNext(
        context: [UInt8], state: VerifierState, message: VerifierMessage
    ) throws(VDAFError) -> VerifyTransition<VerifierState, VerifierShare, OutputShare> {
        guard constantTimeEqual(state.jointRandomnessSeed ?? [], message.jointRandomnessSeed ?? []) else {
            throw .jointRandomnessMismatch
        }
        return .finished(outputShare: state.outputShare)
    }

    /// One query per proof, concatenated.
    private func query(
        encoded: [Field], proofs proofsShare: [Field], queryRandomness: [Field], jointRandomness: [Field]
    ) throws(VDAFError) -> [Field] {
        var result: [Field] = []
        result.reserveCapacity(flp.verifierLength * proofs)
        var (proof, query, joint) = (proofsShare[...], queryRandomness[...], jointRandomness[...])
        for _ in 0..<proofs {
            result += try flp.query(
                encoded: encoded, proof: proof.prefix(flp.proofLength),
                queryRandomness: query.prefix(flp.queryRandomnessLength),
                jointRandomness: joint.prefix(circuit.jointRandomnessLength), shareOfOne: shareOfOne)
            proof = proof.dropFirst(flp.proofLength)
            query = query.dropFirst(flp.queryRandomnessLength)
            joint = joint.dropFirst(circuit.jointRandomnessLength)
        }
        return result
    }

    /// The field vectors behind an input share, with everything checked that a hand-made share could have wrong.
    func expand(
        _ inputShare: InputShare, context: [UInt8], aggregatorID: Int
    ) throws(VDAFError) -> (measurement: [Field], proofs: [Field], blind: [UInt8]?) {
        let result: (measurement: [Field], proofs: [Field], blind: [UInt8]?)
        switch inputShare {
        case .leader(let measurementShare, let proofsShare, let blind):
            guard aggregatorID == 0, measurementShare.count == circuit.measurementLength,
                proofsShare.count == flp.proofLength * proofs
            else {
                throw .invalidArgument("not an input share for aggregator \(aggregatorID) of this type")
            }
            result = (measurementShare, proofsShare, blind)
        case .helper(let seed, let blind):
            guard 1..<shares ~= aggregatorID, seed.count == Seeds.seedSize else {
                throw .invalidArgument("not an input share for aggregator \(aggregatorID) of this type")
            }
            result = (
                helperMeasurementShare(context: context, aggregatorID: aggregatorID, seed: seed),
                helperProofsShare(context: context, aggregatorID: aggregatorID, seed: seed), blind
            )
        }
        guard result.blind?.count == (usesJointRandomness ? Seeds.seedSize : nil) else {
            throw .invalidArgument("not an input share for aggregator \(aggregatorID) of this type")
        }
        return result
    }
}

/// Whether two byte strings are equal, in time that depends on their lengths only.
package func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    return zip(a, b).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
}
