import DAP
import VDAF

/// Both aggregators' side of a job, over the two-party ping-pong (VDAF-20 section 5.7).
///
/// What matters is the order: *nobody accumulates what the other will refuse*. In plain Prio3 a client can send a wrong
/// joint-randomness part for one aggregator; then that aggregator's peer finishes and accumulates, while it rejects,
/// and the batch can never be collected. Each aggregator therefore compares its own part, and checks its own
/// commitment, before anything leaves it: the leader before it sends the job, the helper before it has an output share.
extension ErasedVDAF {
    func leaderInitialize(
        _ reports: [ReportToVerify], verifyKey: [UInt8], taskID: TaskID, threads: Int
    ) -> [Result<LeaderVerification, ReportError>] {
        let context = DAPContext.vdaf(taskID)
        let started = begin(reports, aggregatorID: 0, verifyKey: verifyKey, context: context, threads: threads)
        return started.map { start in
            start.map { state, share in
                let outbound = PingPongMessage.initialize(verifierShare: vdaf.encode(verifierShare: share)).encoded()
                return LeaderVerification(outbound: outbound) { inbound in
                    leaderFinish(state: state, inbound: inbound, context: context)
                }
            }
        }
    }

    func helperInitialize(
        _ reports: [ReportToVerify], inbound: [[UInt8]], verifyKey: [UInt8], taskID: TaskID, threads: Int
    ) -> [Result<HelperVerification, ReportError>] {
        precondition(reports.count == inbound.count, "one message of the leader for each report")
        let context = DAPContext.vdaf(taskID)
        let started = begin(reports, aggregatorID: 1, verifyKey: verifyKey, context: context, threads: threads)
        return zip(started, inbound).map { start, message in
            start.flatMap { state, share in
                helperFinish(state, share, inbound: message, context: context).map(Result.success)
                    ?? .failure(.vdafVerifyError)
            }
        }
    }

    /// Decodes one aggregator's parts of the reports and makes every check that needs no message of the other.
    private func begin(
        _ reports: [ReportToVerify], aggregatorID: Int, verifyKey: [UInt8], context: [UInt8], threads: Int
    ) -> [Result<(state: V.VerifierState, share: V.VerifierShare), ReportError>] {
        var results: [Result<(state: V.VerifierState, share: V.VerifierShare), ReportError>] = []
        var requests: [VerificationRequest<V.PublicShare, V.InputShare>] = []
        var positions: [Int] = []
        for (position, report) in reports.enumerated() {
            // Every report that decodes gets its own result below.
            results.append(.failure(.invalidMessage))
            guard let publicShare = try? vdaf.decodePublicShare(report.publicShare),
                let inputShare = try? vdaf.decodeInputShare(report.inputShare, aggregatorID: aggregatorID)
            else { continue }
            positions.append(position)
            requests.append(
                VerificationRequest(nonce: report.reportID.bytes, publicShare: publicShare, inputShare: inputShare))
        }
        let verified = steps.verifyInit(
            verifyKey: verifyKey, context: context, aggregatorID: aggregatorID, reports: requests, threads: threads)
        for (position, result) in zip(positions, verified) {
            results[position] = result.mapError { _ in .vdafVerifyError }
        }
        return results
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
