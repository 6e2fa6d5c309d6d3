extension Prio3 {
    /// See ``VDAF/verifyInit(verifyKey:context:aggregatorID:aggregationParameter:nonce:publicShare:inputShare:)``
    /// (VDAF-20 section 7.2.2).
    ///
    /// A joint-randomness part in the public share that differs from this aggregator's own is not an error here; the
    /// state says so.
    public func verifyInit(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int, aggregationParameter: Void, nonce: [UInt8],
        publicShare: PublicShare, inputShare: InputShare
    ) throws(VDAFError) -> (state: VerifierState, share: VerifierShare) {
        let report = VerificationRequest(nonce: nonce, publicShare: publicShare, inputShare: inputShare)
        return try verifyInit(
            verifyKey: verifyKey, context: context, aggregatorID: aggregatorID, reports: [report], threads: 1)[0].get()
    }

    /// Decides about the proofs on what all aggregators have sent (VDAF-20 section 7.2.3).
    @inline(__always)
    func message(
        of verifierShares: [VerifierShare], context: [UInt8]
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
        let seed = usesJointRandomness ? jointRandomnessSeeds(context: context, count: 1) { _ in parts }[0] : nil
        return VerifierMessage(jointRandomnessSeed: seed)
    }
}
