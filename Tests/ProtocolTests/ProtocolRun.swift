import Encodings
import Testing
import VDAF

/// A one-round VDAF for two aggregators on inputs that anyone can write down; every message ends up in a vector file.
struct ProtocolRun<V: VDAF> where V.AggregationParameter == Void {
    /// The messages of one report, encoded.
    struct Report {
        let nonce: [UInt8]
        let rand: [UInt8]
        let publicShare: V.PublicShare
        let inputShares: [String]
        let verifierShares: [String]
        let verifierMessage: String
        let outputShares: [String]
    }

    let vdaf: V
    let context = Array("some application".utf8)
    let verifyKey: [UInt8]
    private var aggregates: [V.AggregateShare]
    private var count = 0

    init(_ vdaf: V) {
        self.vdaf = vdaf
        verifyKey = counting(vdaf.verifyKeySize, from: 1)
        aggregates = [vdaf.aggregateInit(()), vdaf.aggregateInit(())]
    }

    /// Shards a measurement, verifies it, and adds it up.
    mutating func add(_ measurement: V.Measurement) throws -> Report {
        let nonce = counting(vdaf.nonceSize, from: UInt8(16 * count))
        let rand = counting(vdaf.randSize, from: UInt8(32 + count))
        count += 1
        let (publicShare, inputShares) = try vdaf.shard(
            context: context, measurement: measurement, nonce: nonce, rand: rand)
        let steps = try inputShares.enumerated().map { id, share in
            try vdaf.verifyInit(
                verifyKey: verifyKey, context: context, aggregatorID: id, aggregationParameter: (), nonce: nonce,
                publicShare: publicShare, inputShare: share)
        }
        let message = try vdaf.verifierSharesToMessage(
            context: context, aggregationParameter: (), verifierShares: steps.map(\.share))
        var outputs: [String] = []
        for (id, step) in steps.enumerated() {
            guard
                case .finished(let output) = try vdaf.verifyNext(context: context, state: step.state, message: message)
            else {
                Issue.record("a one-round VDAF did not finish")
                continue
            }
            vdaf.aggregateUpdate(&aggregates[id], with: output)
            outputs.append(Hex.encode(vdaf.encode(outputShare: output)))
        }
        return Report(
            nonce: nonce, rand: rand, publicShare: publicShare,
            inputShares: inputShares.map { Hex.encode(vdaf.encode(inputShare: $0)) },
            verifierShares: steps.map { Hex.encode(vdaf.encode(verifierShare: $0.share)) },
            verifierMessage: Hex.encode(vdaf.encode(verifierMessage: message)), outputShares: outputs)
    }

    var aggregateShares: [String] { aggregates.map { Hex.encode(vdaf.encode(aggregateShare: $0)) } }

    func result() throws -> V.AggregateResult {
        try vdaf.unshard(aggregationParameter: (), aggregateShares: aggregates, measurementCount: count)
    }
}
