import Ristretto255
import VDAF

/// Encodings: each is V's encoding followed by fixed-size fields, so the split is known from the end and V's decoder
/// checks the rest exactly.
extension Committed {
    /// V's public share ‖ C_0 ‖ C_1.
    public func encode(publicShare: PublicShare) -> [UInt8] {
        base.encode(publicShare: publicShare.base) + publicShare.commitments.leader.encoded.bytes
            + publicShare.commitments.helper.encoded.bytes
    }

    /// - Throws: `.invalidEncoding`, also for a commitment that is not canonical or is the identity.
    public func decodePublicShare(_ bytes: [UInt8]) throws(VDAFError) -> PublicShare {
        let size = Commitment.encodedSize
        let (head, tail) = try split(bytes, tailSize: 2 * size, name: "public share")
        let baseShare = try base.decodePublicShare(head)
        let leader = try Commitment(decoding: tail.prefix(size))
        let helper = try Commitment(decoding: tail.suffix(size))
        return PublicShare(base: baseShare, commitments: CommitmentPair(leader: leader, helper: helper))
    }

    /// V's input share ‖ r_j.
    public func encode(inputShare: InputShare) -> [UInt8] {
        base.encode(inputShare: inputShare.base) + inputShare.blind.encoded()
    }

    /// - Throws: `.invalidEncoding`, also for a blind that is not canonical; what V throws for the aggregator id.
    public func decodeInputShare(_ bytes: [UInt8], aggregatorID: Int) throws(VDAFError) -> InputShare {
        let (head, tail) = try split(bytes, tailSize: Scalar.encodedSize, name: "input share")
        return InputShare(
            base: try base.decodeInputShare(head, aggregatorID: aggregatorID), blind: try decodeBlind(tail))
    }

    /// V's output share ‖ r_j.
    public func encode(outputShare: OutputShare) -> [UInt8] {
        base.encode(outputShare: outputShare.coordinates) + outputShare.blind.encoded()
    }

    public func decodeOutputShare(_ bytes: [UInt8]) throws(VDAFError) -> OutputShare {
        let (head, tail) = try split(bytes, tailSize: Scalar.encodedSize, name: "output share")
        return OutputShare(coordinates: try base.decodeOutputShare(head), blind: try decodeBlind(tail))
    }

    /// S_j, (field size + 8) little-endian bytes a coordinate ‖ R_j.
    public func encode(aggregateShare: CommittedAggregateShare) -> [UInt8] {
        aggregateShare.sums.encoded() + aggregateShare.blind.encoded()
    }

    public func decodeAggregateShare(_ bytes: [UInt8]) throws(VDAFError) -> CommittedAggregateShare {
        let (head, tail) = try split(bytes, tailSize: Scalar.encodedSize, name: "aggregate share")
        return CommittedAggregateShare(
            sums: try IntegerVector.decode(head, count: base.outputLength, wordsPerValue: wordsPerSum),
            blind: try decodeBlind(tail))
    }

    public func encode(verifierShare: V.VerifierShare) -> [UInt8] {
        base.encode(verifierShare: verifierShare)
    }

    public func decodeVerifierShare(_ bytes: [UInt8]) throws(VDAFError) -> V.VerifierShare {
        try base.decodeVerifierShare(bytes)
    }

    public func encode(verifierMessage: V.VerifierMessage) -> [UInt8] {
        base.encode(verifierMessage: verifierMessage)
    }

    public func decodeVerifierMessage(_ bytes: [UInt8]) throws(VDAFError) -> V.VerifierMessage {
        try base.decodeVerifierMessage(bytes)
    }

    private func split(
        _ bytes: [UInt8], tailSize: Int, name: String
    ) throws(VDAFError) -> (head: [UInt8], tail: ArraySlice<UInt8>) {
        guard bytes.count >= tailSize else {
            throw .invalidEncoding("\(name): expected at least \(tailSize) bytes, got \(bytes.count)")
        }
        return (Array(bytes.dropLast(tailSize)), bytes.suffix(tailSize))
    }

    private func decodeBlind(_ bytes: ArraySlice<UInt8>) throws(VDAFError) -> Scalar {
        do {
            return try Scalar.decode(bytes)
        } catch {
            throw .invalidEncoding("blind: not a canonical scalar")
        }
    }
}
