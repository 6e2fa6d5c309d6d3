import Commitments
import Ristretto255
import TestSupport
import VDAF

/// A batch run honestly through shard, verification and aggregation, every message through its codec.
struct Batch<V: OneRoundVDAF> {
    let vdaf: Committed<V>
    var commitments: [CommitmentPair] = []
    var outputShares: [[Committed<V>.OutputShare]] = [[], []]

    static var verifyKey: [UInt8] { [UInt8](repeating: 7, count: 32) }
    static var context: [UInt8] { Array("commitments test".utf8) }

    init(_ vdaf: Committed<V>) {
        self.vdaf = vdaf
    }

    var count: Int { commitments.count }

    mutating func add(_ measurement: V.Measurement, random: inout SeededGenerator) throws {
        let nonce = random.bytes(vdaf.nonceSize)
        let (publicShare, inputShares) = try vdaf.shardRetrying(
            context: Self.context, measurement: measurement, nonce: nonce, rng: &random)
        let received = try vdaf.decodePublicShare(vdaf.encode(publicShare: publicShare))
        var states: [Committed<V>.VerifierState] = []
        var shares: [V.VerifierShare] = []
        for (id, inputShare) in inputShares.enumerated() {
            let decoded = try vdaf.decodeInputShare(vdaf.encode(inputShare: inputShare), aggregatorID: id)
            let (state, share) = try vdaf.verifyInit(
                verifyKey: Self.verifyKey, context: Self.context, aggregatorID: id, aggregationParameter: (),
                nonce: nonce, publicShare: received, inputShare: decoded)
            states.append(state)
            shares.append(try vdaf.decodeVerifierShare(vdaf.encode(verifierShare: share)))
        }
        let message = try vdaf.verifierSharesToMessage(
            context: Self.context, aggregationParameter: (), verifierShares: shares)
        for (id, state) in states.enumerated() {
            guard
                case .finished(let output) = try vdaf.verifyNext(context: Self.context, state: state, message: message)
            else { throw VDAFError.proofRejected }
            outputShares[id].append(try vdaf.decodeOutputShare(vdaf.encode(outputShare: output)))
        }
        commitments.append(received.commitments)
    }

    func aggregateShare(_ id: Int) throws -> CommittedAggregateShare {
        var share = vdaf.aggregateInit(())
        for output in outputShares[id] {
            vdaf.aggregateUpdate(&share, with: output)
        }
        return try vdaf.decodeAggregateShare(vdaf.encode(aggregateShare: share))
    }

    func compressed(_ id: Int) -> [CompressedPoint] {
        commitments.map { $0[id].encoded }
    }

    /// The result, after both public checks have passed.
    func checkedResult() throws -> V.AggregateResult {
        let shares = [try aggregateShare(0), try aggregateShare(1)]
        for id in 0..<2 {
            try vdaf.checkPublic(aggregatorID: id, commitments: compressed(id), share: shares[id])
        }
        return try vdaf.unshard(aggregationParameter: (), aggregateShares: shares, measurementCount: count)
    }
}

/// The aggregate share with one coordinate's sum changed by ±2^(64·word).
extension CommittedAggregateShare {
    func changed(_ vdaf: Committed<some OneRoundVDAF>, coordinate: Int, by change: (UInt256) -> UInt256) throws -> Self
    {
        var bytes = vdaf.encode(aggregateShare: self)
        let size = (bytes.count - 32) / vdaf.base.outputLength
        let value = change(sums[coordinate])
        for index in 0..<size {
            let word = index < 16 ? value.low : value.high
            bytes[coordinate * size + index] = UInt8(truncatingIfNeeded: word >> UInt128(8 * (index % 16)))
        }
        return try vdaf.decodeAggregateShare(bytes)
    }
}
