import VDAF

/// One honest report of a VDAF, carried through all rounds: every kind of message once per aggregator, as seeds and to
/// know how long messages are.
struct HonestReport<V: VDAF> {
    let vdaf: V
    let parameter: V.AggregationParameter
    let verifyKey: [UInt8]
    let context: [UInt8]
    let nonce: [UInt8]
    private(set) var publicShare: [UInt8] = []
    private(set) var inputShares: [[UInt8]] = []
    private(set) var verifierShares: [[UInt8]] = []
    private(set) var verifierMessages: [[UInt8]] = []
    private(set) var outputShares: [[UInt8]] = []
    private(set) var aggregateShares: [[UInt8]] = []

    init(
        _ vdaf: V, _ parameter: V.AggregationParameter, _ measurement: V.Measurement,
        using generator: inout SeededGenerator
    ) throws {
        self.vdaf = vdaf
        self.parameter = parameter
        verifyKey = generator.bytes(vdaf.verifyKeySize)
        context = generator.bytes(7)
        nonce = generator.bytes(vdaf.nonceSize)
        let (publicShare, inputShares) = try vdaf.shard(
            context: context, measurement: measurement, nonce: nonce, rand: generator.bytes(vdaf.randSize))
        self.publicShare = vdaf.encode(publicShare: publicShare)
        self.inputShares = inputShares.map(vdaf.encode(inputShare:))
        var states: [V.VerifierState] = []
        var shares: [V.VerifierShare] = []
        for (aggregator, inputShare) in inputShares.enumerated() {
            let (state, share) = try vdaf.verifyInit(
                verifyKey: verifyKey, context: context, aggregatorID: aggregator, aggregationParameter: parameter,
                nonce: nonce, publicShare: publicShare, inputShare: inputShare)
            states.append(state)
            shares.append(share)
        }
        for _ in 0..<vdaf.rounds {
            verifierShares += shares.map(vdaf.encode(verifierShare:))
            let message = try vdaf.verifierSharesToMessage(
                context: context, aggregationParameter: parameter, verifierShares: shares)
            verifierMessages.append(vdaf.encode(verifierMessage: message))
            shares = []
            for (index, state) in states.enumerated() {
                switch try vdaf.verifyNext(context: context, state: state, message: message) {
                case .continued(let next, let share):
                    states[index] = next
                    shares.append(share)
                case .finished(let output):
                    outputShares.append(vdaf.encode(outputShare: output))
                    var sum = vdaf.aggregateInit(parameter)
                    vdaf.aggregateUpdate(&sum, with: output)
                    aggregateShares.append(vdaf.encode(aggregateShare: sum))
                }
            }
        }
    }

    var messages: [[UInt8]] {
        [publicShare] + inputShares + verifierShares + verifierMessages + outputShares + aggregateShares
    }
}
