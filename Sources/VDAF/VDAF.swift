/// What verification does after it consumed a verifier message: go on to another round, or hand out the output share.
public enum VerifyTransition<State: Sendable, Share: Sendable, Output: Sendable>: Sendable {
    /// Another round follows: the new state, and the verifier share to broadcast.
    case continued(state: State, share: Share)
    /// Verification succeeded.
    case finished(outputShare: Output)
}

/// A verifiable distributed aggregation function (draft-irtf-cfrg-vdaf-20, section 5).
///
/// A *client* turns a measurement into one public share and one input share per aggregator
/// (``shard(context:measurement:nonce:rand:)``). The *aggregators* check together that the secret-shared measurement
/// is valid, without seeing it: each one starts with
/// ``verifyInit(verifyKey:context:aggregatorID:aggregationParameter:nonce:publicShare:inputShare:)``, the resulting
/// verifier shares are combined into one verifier message, and each one consumes that message with
/// ``verifyNext(context:state:message:)``, `rounds` times. Output shares of valid reports are added up, and the
/// *collector* adds the aggregate shares (``unshard(aggregationParameter:aggregateShares:measurementCount:)``).
///
/// Byte strings are `[UInt8]`. Every `decode…` checks the exact length and that all field elements are canonical,
/// throws ``VDAFError/invalidEncoding(_:)`` otherwise, and never traps.
public protocol VDAF: Sendable {
    /// What a client measures.
    associatedtype Measurement: Sendable
    /// What the collector asks for, such as a set of candidate prefixes; `Void` for the Prio3 family.
    associatedtype AggregationParameter: Sendable
    /// What all aggregators get of a measurement.
    associatedtype PublicShare: Sendable
    /// What one aggregator gets of it.
    associatedtype InputShare: Sendable
    /// What one aggregator has of a verified measurement, to be added up.
    associatedtype OutputShare: Sendable
    /// The sum of one aggregator's output shares.
    associatedtype AggregateShare: Sendable
    /// What the collector gets of all aggregate shares together.
    associatedtype AggregateResult: Sendable
    /// What an aggregator keeps while it verifies.
    associatedtype VerifierState: Sendable
    /// What an aggregator tells the others in a round.
    associatedtype VerifierShare: Sendable
    /// What a round's verifier shares come to.
    associatedtype VerifierMessage: Sendable

    /// The algorithm identifier (VDAF-20 section 10), part of every domain separation tag.
    var algorithmID: UInt32 { get }
    /// Number of aggregators.
    var shares: Int { get }
    /// Number of verification rounds.
    var rounds: Int { get }
    /// Bytes of a nonce (the report ID in DAP).
    var nonceSize: Int { get }
    /// Bytes of the verify key, which the aggregators share and clients must not know.
    var verifyKeySize: Int { get }
    /// Bytes of randomness that ``shard(context:measurement:nonce:rand:)`` consumes.
    var randSize: Int { get }

    /// Splits a measurement into shares. Deterministic in `rand`, which must be fresh random bytes outside of tests.
    ///
    /// - Parameters:
    ///   - context: The application's context string, at most 65,527 bytes (247 with XofHmacSha256Aes128).
    ///   - nonce: `nonceSize` bytes, public.
    ///   - rand: `randSize` bytes, secret.
    /// - Throws: `.invalidMeasurement`, `.invalidArgument`; committed types also `.marginViolated`.
    func shard(
        context: [UInt8], measurement: Measurement, nonce: [UInt8], rand: [UInt8]
    ) throws(VDAFError) -> (publicShare: PublicShare, inputShares: [InputShare])

    /// Starts verification at one aggregator.
    ///
    /// - Parameter aggregatorID: 0 for the leader, 1 to `shares - 1` for helpers.
    /// - Returns: The state to keep, and the verifier share to send.
    func verifyInit(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int, aggregationParameter: AggregationParameter,
        nonce: [UInt8], publicShare: PublicShare, inputShare: InputShare
    ) throws(VDAFError) -> (state: VerifierState, share: VerifierShare)

    /// Combines one round's verifier shares, in order of aggregator ID, into the verifier message. No secret is
    /// needed.
    ///
    /// - Throws: `.proofRejected` when the report is invalid.
    func verifierSharesToMessage(
        context: [UInt8], aggregationParameter: AggregationParameter, verifierShares: [VerifierShare]
    ) throws(VDAFError) -> VerifierMessage

    /// Consumes a round's verifier message.
    func verifyNext(
        context: [UInt8], state: VerifierState, message: VerifierMessage
    ) throws(VDAFError) -> VerifyTransition<VerifierState, VerifierShare, OutputShare>

    /// Whether aggregating a report with `parameter` is safe after it was aggregated with `previous`, oldest first
    /// (VDAF-20 section 5.3).
    func isValid(aggregationParameter: AggregationParameter, previous: [AggregationParameter]) -> Bool

    /// The aggregate share of no reports.
    func aggregateInit(_ aggregationParameter: AggregationParameter) -> AggregateShare
    /// Adds one output share.
    func aggregateUpdate(_ share: inout AggregateShare, with outputShare: OutputShare)
    /// Adds aggregate shares that one aggregator accumulated separately.
    func merge(_ shares: [AggregateShare]) throws(VDAFError) -> AggregateShare

    /// Recovers the aggregate result from one aggregate share per aggregator.
    func unshard(
        aggregationParameter: AggregationParameter, aggregateShares: [AggregateShare], measurementCount: Int
    ) throws(VDAFError) -> AggregateResult

    /// The encoding of a parameter. Encodings are those of the draft, here and below.
    func encode(aggregationParameter: AggregationParameter) -> [UInt8]
    /// The parameter of an encoding.
    func decodeAggregationParameter(_ bytes: [UInt8]) throws(VDAFError) -> AggregationParameter
    /// The encoding of a public share.
    func encode(publicShare: PublicShare) -> [UInt8]
    /// The public share of an encoding.
    func decodePublicShare(_ bytes: [UInt8]) throws(VDAFError) -> PublicShare
    /// The encoding of an input share.
    func encode(inputShare: InputShare) -> [UInt8]
    /// The input share of an encoding, whose form may depend on the aggregator.
    func decodeInputShare(_ bytes: [UInt8], aggregatorID: Int) throws(VDAFError) -> InputShare
    /// The encoding of an output share.
    func encode(outputShare: OutputShare) -> [UInt8]
    /// The output share of an encoding, whose form may depend on the parameter.
    func decodeOutputShare(
        _ bytes: [UInt8], aggregationParameter: AggregationParameter
    ) throws(VDAFError) -> OutputShare
    /// The encoding of an aggregate share.
    func encode(aggregateShare: AggregateShare) -> [UInt8]
    /// The aggregate share of an encoding, whose form may depend on the parameter.
    func decodeAggregateShare(
        _ bytes: [UInt8], aggregationParameter: AggregationParameter
    ) throws(VDAFError) -> AggregateShare
    /// ``decodeOutputShare(_:aggregationParameter:)`` for types without aggregation parameter. Others, whose shares
    /// depend on it, throw `.invalidArgument`.
    func decodeOutputShare(_ bytes: [UInt8]) throws(VDAFError) -> OutputShare
    /// ``decodeAggregateShare(_:aggregationParameter:)`` for types without aggregation parameter. Others, whose shares
    /// depend on it, throw `.invalidArgument`.
    func decodeAggregateShare(_ bytes: [UInt8]) throws(VDAFError) -> AggregateShare
    /// The encoding of a verifier share.
    func encode(verifierShare: VerifierShare) -> [UInt8]
    /// The verifier share of an encoding.
    func decodeVerifierShare(_ bytes: [UInt8]) throws(VDAFError) -> VerifierShare
    /// The encoding of a verifier message.
    func encode(verifierMessage: VerifierMessage) -> [UInt8]
    /// The verifier message of an encoding.
    func decodeVerifierMessage(_ bytes: [UInt8]) throws(VDAFError) -> VerifierMessage
}

extension VDAF where AggregationParameter == Void {
    /// A report without aggregation parameter is aggregated once.
    public func isValid(aggregationParameter: Void, previous: [Void]) -> Bool {
        previous.isEmpty
    }

    /// The trivial parameter is the empty string.
    public func encode(aggregationParameter: Void) -> [UInt8] {
        []
    }

    public func decodeAggregationParameter(_ bytes: [UInt8]) throws(VDAFError) {
        guard bytes.isEmpty else {
            throw .invalidEncoding("aggregation parameter: expected no bytes, got \(bytes.count)")
        }
    }

    public func decodeOutputShare(_ bytes: [UInt8], aggregationParameter: Void) throws(VDAFError) -> OutputShare {
        try decodeOutputShare(bytes)
    }

    public func decodeAggregateShare(
        _ bytes: [UInt8], aggregationParameter: Void
    ) throws(VDAFError) -> AggregateShare {
        try decodeAggregateShare(bytes)
    }
}

extension VDAF {
    /// What `shard` and `verifyInit` check first.
    func checkArguments<Function: Xof>(
        nonce: [UInt8], context: [UInt8], xof: Function.Type
    ) throws(VDAFError) {
        guard nonce.count == nonceSize else {
            throw .invalidArgument("a nonce has \(nonceSize) bytes, not \(nonce.count)")
        }
        try checkContext(context, xof: xof)
    }

    func checkContext<Function: Xof>(_ context: [UInt8], xof: Function.Type) throws(VDAFError) {
        let maximalSize = DomainSeparation.maximalContextSize(for: xof)
        guard context.count <= maximalSize else {
            throw .invalidArgument("the context has more than \(maximalSize) bytes")
        }
    }
}
