import Ristretto255
import VDAF

extension Committed {
    /// Starts verification: V's own `verifyInit`, then everything that this aggregator can find wrong by itself, so
    /// that nothing is accumulated that the other would refuse.
    ///
    /// - Throws: what V throws; `.jointRandomnessMismatch` if this aggregator's joint-randomness part is not the one in
    ///   the public share; `.marginViolated` (leader) if a coordinate of its output share is at most M;
    ///   `.commitmentMismatch` if its commitment does not open to its output share.
    public func verifyInit(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int, aggregationParameter: Void, nonce: [UInt8],
        publicShare: PublicShare, inputShare: InputShare
    ) throws(VDAFError) -> (state: VerifierState, share: V.VerifierShare) {
        let result = try verifyInitDeferringLink(
            verifyKey: verifyKey, context: context, aggregatorID: aggregatorID,
            aggregationParameter: aggregationParameter, nonce: nonce, publicShare: publicShare, inputShare: inputShare)
        guard LinkCheck.holds(linkClaim(of: result.state)) else { throw .commitmentMismatch }
        return result
    }

    /// The same without the link check, for a job that checks all its links at once with `failingLinks`.
    ///
    /// The state must not be used before its link has been checked.
    package func verifyInitDeferringLink(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int, aggregationParameter: Void, nonce: [UInt8],
        publicShare: PublicShare, inputShare: InputShare
    ) throws(VDAFError) -> (state: VerifierState, share: V.VerifierShare) {
        guard aggregatorID == 0 || aggregatorID == 1 else {
            throw .invalidArgument("aggregator id \(aggregatorID) is not 0 (leader) or 1 (helper)")
        }
        let (state, share) = try base.verifyInit(
            verifyKey: verifyKey, context: context, aggregatorID: aggregatorID,
            aggregationParameter: aggregationParameter, nonce: nonce, publicShare: publicShare.base,
            inputShare: inputShare.base)
        // A wrong part makes the other aggregator refuse at the end; this is where both can still refuse together.
        guard base.jointRandomnessPartMatches(state) else { throw .jointRandomnessMismatch }
        if aggregatorID == 0 {
            guard marginHolds(leaderShare: IntegerVector(canonical: base.outputShare(of: state))) else {
                throw .marginViolated
            }
        }
        return (
            VerifierState(
                base: state, commitment: publicShare.commitments[aggregatorID].point, blind: inputShare.blind),
            share
        )
    }

    // MARK: Link checks

    package typealias LinkClaim = Commitments.LinkClaim<V.Field>

    /// What is to be checked about a state made by `verifyInitDeferringLink`.
    package func linkClaim(of state: VerifierState) -> LinkClaim {
        LinkClaim(
            commitment: state.commitment, coordinates: base.outputShare(of: state.base), blind: state.blind)
    }

    /// The positions of the claims that do not hold; `rng` must be cryptographically secure (`LinkCheck`).
    package func failingLinks(_ claims: [LinkClaim], rng: inout some RandomNumberGenerator) -> [Int] {
        LinkCheck.failingLinks(claims, rng: &rng)
    }

    /// The positions of the claims that do not hold.
    package func failingLinks(_ claims: [LinkClaim]) -> [Int] {
        LinkCheck.failingLinks(claims)
    }

    /// The output share that verification will release if it succeeds, with its blind.
    package func outputShare(of state: VerifierState) -> OutputShare {
        OutputShare(coordinates: base.outputShare(of: state.base), blind: state.blind)
    }

    /// Whether this aggregator's joint-randomness part is the one in the public share; always true for a state that
    /// `verifyInit` returned.
    package func jointRandomnessPartMatches(_ state: VerifierState) -> Bool {
        base.jointRandomnessPartMatches(state.base)
    }

    // MARK: The rest is V's

    public func verifierSharesToMessage(
        context: [UInt8], aggregationParameter: Void, verifierShares: [V.VerifierShare]
    ) throws(VDAFError) -> V.VerifierMessage {
        try base.verifierSharesToMessage(
            context: context, aggregationParameter: aggregationParameter, verifierShares: verifierShares)
    }

    public func verifyNext(
        context: [UInt8], state: VerifierState, message: V.VerifierMessage
    ) throws(VDAFError) -> VerifyTransition<VerifierState, V.VerifierShare, OutputShare> {
        switch try base.verifyNext(context: context, state: state.base, message: message) {
        case .continued(let next, let share):
            .continued(
                state: VerifierState(base: next, commitment: state.commitment, blind: state.blind), share: share)
        case .finished(let coordinates):
            .finished(outputShare: OutputShare(coordinates: coordinates, blind: state.blind))
        }
    }
}
