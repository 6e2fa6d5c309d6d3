/// Where one of two aggregators is in the ping-pong exchange (VDAF-20 section 5.7.1). `Start` has no value here, and
/// `Rejected` is a thrown error, which says why.
public enum PingPongState<V: VDAF>: Sendable {
    /// The outbound message is to be sent, and the state to be kept until the peer answers.
    case continued(state: V.VerifierState, round: Int, outbound: PingPongMessage)
    /// Verification succeeded, nothing is left to send.
    case finished(outputShare: V.OutputShare)
    /// Verification succeeded here, and the peer needs the outbound message to finish, too.
    case finishedWithOutbound(outputShare: V.OutputShare, outbound: PingPongMessage)
}

/// Verification by two aggregators that take turns: the leader (aggregator 0) starts, the helper (aggregator 1)
/// answers, and so on until both have finished. One-round VDAFs take a single request and response.
///
/// Every method throws where the standard's state machine goes to `Rejected`.
extension VDAF {
    /// The leader's first step: sends its verifier share.
    public func pingPongLeaderInit(
        verifyKey: [UInt8], context: [UInt8], aggregationParameter: AggregationParameter, nonce: [UInt8],
        publicShare: [UInt8], inputShare: [UInt8]
    ) throws(VDAFError) -> PingPongState<Self> {
        let (state, share) = try pingPongVerifyInit(
            verifyKey: verifyKey, context: context, aggregatorID: 0, aggregationParameter: aggregationParameter,
            nonce: nonce, publicShare: publicShare, inputShare: inputShare)
        return .continued(state: state, round: 0, outbound: .initialize(verifierShare: encode(verifierShare: share)))
    }

    /// The helper's first step, on the leader's `initialize` message.
    public func pingPongHelperInit(
        verifyKey: [UInt8], context: [UInt8], aggregationParameter: AggregationParameter, nonce: [UInt8],
        publicShare: [UInt8], inputShare: [UInt8], inbound: PingPongMessage
    ) throws(VDAFError) -> PingPongState<Self> {
        let (state, share) = try pingPongVerifyInit(
            verifyKey: verifyKey, context: context, aggregatorID: 1, aggregationParameter: aggregationParameter,
            nonce: nonce, publicShare: publicShare, inputShare: inputShare)
        return try pingPongHelperAnswer(
            context: context, aggregationParameter: aggregationParameter, state: state, share: share, inbound: inbound)
    }

    /// The second half of
    /// ``pingPongHelperInit(verifyKey:context:aggregationParameter:nonce:publicShare:inputShare:inbound:)``, for
    /// helpers that check their state before they go on.
    public func pingPongHelperAnswer(
        context: [UInt8], aggregationParameter: AggregationParameter, state: VerifierState, share: VerifierShare,
        inbound: PingPongMessage
    ) throws(VDAFError) -> PingPongState<Self> {
        guard case .initialize(let leaderShare) = inbound else {
            throw .unexpectedMessage("the first message must be 'initialize'")
        }
        return try pingPongTransition(
            context: context, aggregationParameter: aggregationParameter,
            verifierShares: [decodeVerifierShare(leaderShare), share], state: state, round: 0)
    }

    /// A later step of the leader.
    ///
    /// - Parameters:
    ///   - state: The verifier state of the leader's last transition.
    ///   - round: The round of that transition.
    public func pingPongLeaderContinued(
        context: [UInt8], aggregationParameter: AggregationParameter, state: VerifierState, round: Int,
        inbound: PingPongMessage
    ) throws(VDAFError) -> PingPongState<Self> {
        try pingPongContinued(
            isLeader: true, context: context, aggregationParameter: aggregationParameter, state: state, round: round,
            inbound: inbound)
    }

    /// A later step of the helper.
    public func pingPongHelperContinued(
        context: [UInt8], aggregationParameter: AggregationParameter, state: VerifierState, round: Int,
        inbound: PingPongMessage
    ) throws(VDAFError) -> PingPongState<Self> {
        try pingPongContinued(
            isLeader: false, context: context, aggregationParameter: aggregationParameter, state: state, round: round,
            inbound: inbound)
    }

    private func pingPongVerifyInit(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int, aggregationParameter: AggregationParameter,
        nonce: [UInt8], publicShare: [UInt8], inputShare: [UInt8]
    ) throws(VDAFError) -> (state: VerifierState, share: VerifierShare) {
        guard shares == 2 else {
            throw .invalidParameter("ping-pong is for two aggregators; this type has \(shares)")
        }
        return try verifyInit(
            verifyKey: verifyKey, context: context, aggregatorID: aggregatorID,
            aggregationParameter: aggregationParameter, nonce: nonce, publicShare: decodePublicShare(publicShare),
            inputShare: decodeInputShare(inputShare, aggregatorID: aggregatorID))
    }

    private func pingPongContinued(
        isLeader: Bool, context: [UInt8], aggregationParameter: AggregationParameter, state: VerifierState,
        round: Int, inbound: PingPongMessage
    ) throws(VDAFError) -> PingPongState<Self> {
        switch inbound {
        case .initialize:
            throw .unexpectedMessage("'initialize' after the start")
        case .continue(let message, let peerShare):
            let transition = try verifyNext(context: context, state: state, message: decodeVerifierMessage(message))
            guard round + 1 < rounds, case .continued(let next, let share) = transition else {
                throw .unexpectedMessage("'continue' in the last round")
            }
            let peer = try decodeVerifierShare(peerShare)
            return try pingPongTransition(
                context: context, aggregationParameter: aggregationParameter,
                verifierShares: isLeader ? [share, peer] : [peer, share], state: next, round: round + 1)
        case .finish(let message):
            let transition = try verifyNext(context: context, state: state, message: decodeVerifierMessage(message))
            guard round + 1 == rounds, case .finished(let outputShare) = transition else {
                throw .unexpectedMessage("'finish' before the last round")
            }
            return .finished(outputShare: outputShare)
        }
    }

    /// With both verifier shares of a round at hand: the verifier message, and the own next step.
    private func pingPongTransition(
        context: [UInt8], aggregationParameter: AggregationParameter, verifierShares: [VerifierShare],
        state: VerifierState, round: Int
    ) throws(VDAFError) -> PingPongState<Self> {
        let message = try verifierSharesToMessage(
            context: context, aggregationParameter: aggregationParameter, verifierShares: verifierShares)
        let encodedMessage = encode(verifierMessage: message)
        switch try verifyNext(context: context, state: state, message: message) {
        case .finished(let outputShare):
            return .finishedWithOutbound(
                outputShare: outputShare, outbound: .finish(verifierMessage: encodedMessage))
        case .continued(let next, let share):
            let outbound = PingPongMessage.continue(
                verifierMessage: encodedMessage, verifierShare: encode(verifierShare: share))
            return .continued(state: next, round: round + 1, outbound: outbound)
        }
    }
}
