import VDAF

/// Both aggregators' side of a job, over the two-party ping-pong (VDAF-20 section 5.7).
///
/// What matters is the order: *nobody accumulates what the other will refuse*. In plain Prio3 a client can send a wrong
/// joint-randomness part for one aggregator; then that aggregator's peer finishes and accumulates, while it rejects,
/// and the batch can never be collected. Each aggregator therefore compares its own part, and checks its own
/// commitment, before anything leaves it: the leader before it sends the job, the helper before it has an output share.
extension ErasedVDAF {
    /// A report that has passed everything but the link check.
    private struct Candidate<Outcome> {
        let index: Int
        let state: V.VerifierState
        let outcome: Outcome
    }

    func leaderInitialize(
        _ reports: [ReportToVerify], verifyKey: [UInt8], taskID: TaskID
    ) -> [Result<LeaderVerification, ReportError>] {
        let context = DAPContext.vdaf(taskID)
        return verify(reports) { _, report throws(ReportError) in
            let (state, share) = try begin(report, aggregatorID: 0, verifyKey: verifyKey, context: context)
            let outbound = PingPongMessage.initialize(verifierShare: vdaf.encode(verifierShare: share)).encoded()
            let verification = LeaderVerification(outbound: outbound) { inbound in
                leaderFinish(state: state, inbound: inbound, context: context)
            }
            return (state, verification)
        }
    }

    func helperInitialize(
        _ reports: [ReportToVerify], inbound: [[UInt8]], verifyKey: [UInt8], taskID: TaskID
    ) -> [Result<HelperVerification, ReportError>] {
        precondition(reports.count == inbound.count, "one message of the leader for each report")
        let context = DAPContext.vdaf(taskID)
        return verify(reports) { index, report throws(ReportError) in
            let (state, share) = try begin(report, aggregatorID: 1, verifyKey: verifyKey, context: context)
            guard let verification = helperFinish(state, share, inbound: inbound[index], context: context) else {
                throw .vdafVerifyError
            }
            return (state, verification)
        }
    }

    /// Runs `prepare` on every report, then the link check on all that passed.
    private func verify<Outcome>(
        _ reports: [ReportToVerify],
        _ prepare: (Int, ReportToVerify) throws(ReportError) -> (V.VerifierState, Outcome)
    ) -> [Result<Outcome, ReportError>] {
        var results: [Result<Outcome, ReportError>] = []
        var candidates: [Candidate<Outcome>] = []
        for (index, report) in reports.enumerated() {
            do throws(ReportError) {
                let (state, outcome) = try prepare(index, report)
                candidates.append(Candidate(index: index, state: state, outcome: outcome))
                results.append(.success(outcome))
            } catch {
                results.append(.failure(error))
            }
        }
        for failure in steps.failingLinks(candidates.map(\.state)) {
            results[candidates[failure].index] = .failure(.vdafVerifyError)
        }
        return results
    }

    /// Decodes one aggregator's part of a report and makes every check that needs no message of the other.
    private func begin(
        _ report: ReportToVerify, aggregatorID: Int, verifyKey: [UInt8], context: [UInt8]
    ) throws(ReportError) -> (V.VerifierState, V.VerifierShare) {
        guard let publicShare = try? vdaf.decodePublicShare(report.publicShare),
            let inputShare = try? vdaf.decodeInputShare(report.inputShare, aggregatorID: aggregatorID)
        else { throw .invalidMessage }
        guard
            let (state, share) = try? steps.begin(
                verifyKey: verifyKey, context: context, aggregatorID: aggregatorID, nonce: report.reportID.bytes,
                publicShare: publicShare, inputShare: inputShare)
        else { throw .vdafVerifyError }
        return (state, share)
    }

    private func helperFinish(
        _ state: V.VerifierState, _ share: V.VerifierShare, inbound: [UInt8], context: [UInt8]
    ) -> HelperVerification? {
        guard case .initialize(let leaderBytes)? = try? PingPongMessage(decoding: inbound),
            let leaderShare = try? vdaf.decodeVerifierShare(leaderBytes),
            let message = try? vdaf.verifierSharesToMessage(
                context: context, aggregationParameter: (), verifierShares: [leaderShare, share]),
            case .finished(let outputShare)? = try? vdaf.verifyNext(context: context, state: state, message: message)
        else { return nil }
        return HelperVerification(
            outbound: PingPongMessage.finish(verifierMessage: vdaf.encode(verifierMessage: message)).encoded(),
            outputShare: vdaf.encode(outputShare: outputShare))
    }

    private func leaderFinish(
        state: V.VerifierState, inbound: [UInt8], context: [UInt8]
    ) -> Result<[UInt8], ReportError> {
        guard case .finish(let messageBytes)? = try? PingPongMessage(decoding: inbound),
            let message = try? vdaf.decodeVerifierMessage(messageBytes),
            case .finished(let outputShare)? = try? vdaf.verifyNext(context: context, state: state, message: message)
        else { return .failure(.vdafVerifyError) }
        return .success(vdaf.encode(outputShare: outputShare))
    }
}
