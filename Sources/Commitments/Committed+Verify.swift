import Ristretto255
import VDAF

extension Committed {
    /// Starts verification: V's own `verifyInit`, then everything that this aggregator can find wrong by itself, so
    /// that nothing is accumulated that the other would refuse.
    ///
    /// - Throws: what V throws; `.jointRandomnessMismatch` if this aggregator's joint-randomness part is not the one in
    ///   the public share; `.marginViolated` (leader) if its output share breaks the margin rule;
    ///   `.commitmentMismatch` if its commitment does not open to its output share.
    public func verifyInit(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int, aggregationParameter: Void, nonce: [UInt8],
        publicShare: PublicShare, inputShare: InputShare
    ) throws(VDAFError) -> (state: VerifierState, share: V.VerifierShare) {
        let report = VerificationRequest(nonce: nonce, publicShare: publicShare, inputShare: inputShare)
        return try verifyInit(
            verifyKey: verifyKey, context: context, aggregatorID: aggregatorID, reports: [report], threads: 1)[0].get()
    }

    /// What `verifyInit` gives for one report of a job.
    public typealias VerificationResult = Result<(state: VerifierState, share: V.VerifierShare), VDAFError>

    /// Starts verification of all reports of an aggregation job: V's own `verifyInit` of the job, then the checks that
    /// need one report, then one link check of all reports that are left.
    ///
    /// - Parameter threads: How many threads share the work; 1 stays on the calling thread.
    /// - Returns: In the order of `reports`, what the single-report `verifyInit` returns or throws. One report's
    ///   failure never touches another's result.
    public func verifyInit(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int,
        reports: [VerificationRequest<PublicShare, InputShare>], threads: Int
    ) -> [VerificationResult] {
        guard aggregatorID == 0 || aggregatorID == 1 else {
            let error = VDAFError.invalidArgument("aggregator id \(aggregatorID) is not 0 (leader) or 1 (helper)")
            return reports.map { _ in .failure(error) }
        }
        let started = base.verifyInit(
            verifyKey: verifyKey, context: context, aggregatorID: aggregatorID,
            reports: reports.map {
                VerificationRequest(
                    nonce: $0.nonce, publicShare: $0.publicShare.base, inputShare: $0.inputShare.base)
            }, threads: threads)
        var results: [VerificationResult] = []
        results.reserveCapacity(reports.count)
        var claims: [LinkClaim<V.Field>] = []
        var claimed: [Int] = []
        for (report, start) in zip(reports, started) {
            do throws(VDAFError) {
                let (state, share) = try start.get()
                let coordinates = try checkedOutput(of: state, aggregatorID: aggregatorID)
                let (commitment, blind) = (report.publicShare.commitments[aggregatorID].point, report.inputShare.blind)
                claimed.append(results.count)
                claims.append(LinkClaim(commitment: commitment, coordinates: coordinates, blind: blind))
                results.append(.success((VerifierState(base: state, blind: blind), share)))
            } catch {
                results.append(.failure(error))
            }
        }
        var generator = SystemRandomNumberGenerator()
        for position in LinkCheck.failingLinks(claims, rng: &generator, threads: threads) {
            results[claimed[position]] = .failure(.commitmentMismatch)
        }
        return results
    }

    /// The output share behind a state of V, after every check of one report but the link check.
    private func checkedOutput(of state: V.VerifierState, aggregatorID: Int) throws(VDAFError) -> [V.Field] {
        // A wrong part makes the other aggregator refuse at the end; this is where both can still refuse together.
        guard base.jointRandomnessPartMatches(state) else { throw .jointRandomnessMismatch }
        let coordinates = base.outputShare(of: state)
        guard aggregatorID == 1 || marginHolds(leaderShare: coordinates) else {
            throw .marginViolated
        }
        return coordinates
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
            .continued(state: VerifierState(base: next, blind: state.blind), share: share)
        case .finished(let coordinates):
            .finished(outputShare: OutputShare(coordinates: coordinates, blind: state.blind))
        }
    }
}
