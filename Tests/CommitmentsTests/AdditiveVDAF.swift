import VDAF

/// A VDAF without proofs, for tests: additive shares whose leader share is read straight from `rand`.
///
/// It stands in for any one-round V, lets a test choose the leader's share coordinate by coordinate, and checks
/// nothing, so whatever is refused is refused by the committed layer.
struct AdditiveVDAF<Field: FieldElement>: OneRoundVDAF {
    var outputLength: Int
    var coordinateBound: UInt128
    var isSigned = false

    /// That of SumVec, which it stands in for.
    var algorithmID: UInt32 { 3 }
    var shares: Int { 2 }
    var rounds: Int { 1 }
    var nonceSize: Int { 16 }
    var verifyKeySize: Int { 32 }
    /// 16 bytes a coordinate, reduced modulo p.
    var randSize: Int { 16 * outputLength }

    func shard(
        context: [UInt8], measurement: [UInt64], nonce: [UInt8], rand: [UInt8]
    ) throws(VDAFError) -> (publicShare: [UInt8], inputShares: [[Field]]) {
        guard rand.count == randSize, measurement.count == outputLength else { throw .invalidArgument("test VDAF") }
        let leader = (0..<outputLength).map { index in
            Field(reducing: rand[(16 * index)..<(16 * index + 16)].reversed().reduce(0) { $0 << 8 | UInt128($1) })
        }
        return ([], [leader, zip(measurement, leader).map { Field($0) - $1 }])
    }

    /// The `rand` that makes the leader's share these integers.
    static func rand(leaderShare: [UInt128]) -> [UInt8] {
        leaderShare.flatMap { value in (0..<16).map { UInt8(truncatingIfNeeded: value >> UInt128(8 * $0)) } }
    }

    func outputShare(context: [UInt8], aggregatorID: Int, inputShare: [Field]) throws(VDAFError) -> [Field] {
        inputShare
    }

    func verifyInit(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int, aggregationParameter: Void, nonce: [UInt8],
        publicShare: [UInt8], inputShare: [Field]
    ) throws(VDAFError) -> (state: [Field], share: [UInt8]) {
        (inputShare, [])
    }

    func outputShare(of state: [Field]) -> [Field] { state }
    func jointRandomnessPartMatches(_ state: [Field]) -> Bool { true }

    func verifierSharesToMessage(
        context: [UInt8], aggregationParameter: Void, verifierShares: [[UInt8]]
    ) throws(VDAFError) -> [UInt8] { [] }

    func verifyNext(
        context: [UInt8], state: [Field], message: [UInt8]
    ) throws(VDAFError) -> VerifyTransition<[Field], [UInt8], [Field]> { .finished(outputShare: state) }

    func aggregateInit(_ aggregationParameter: Void) -> [Field] { [Field](repeating: .zero, count: outputLength) }
    func aggregateUpdate(_ share: inout [Field], with outputShare: [Field]) { Field.addVector(&share, outputShare) }
    func merge(_ shares: [[Field]]) throws(VDAFError) -> [Field] { throw .invalidArgument("unused") }

    func unshard(
        aggregationParameter: Void, aggregateShares: [[Field]], measurementCount: Int
    ) throws(VDAFError) -> [UInt128] { throw .invalidArgument("unused") }

    func decode(aggregate: [UInt128], measurementCount: Int) throws(VDAFError) -> [UInt128] { aggregate }

    func encode(publicShare: [UInt8]) -> [UInt8] { [] }
    func decodePublicShare(_ bytes: [UInt8]) throws(VDAFError) -> [UInt8] {
        guard bytes.isEmpty else { throw .invalidEncoding("public share") }
        return []
    }
    func encode(inputShare: [Field]) -> [UInt8] { Field.encodeVector(inputShare) }
    func decodeInputShare(_ bytes: [UInt8], aggregatorID: Int) throws(VDAFError) -> [Field] {
        try Field.decodeVector(bytes[...], count: outputLength)
    }
    func encode(outputShare: [Field]) -> [UInt8] { Field.encodeVector(outputShare) }
    func decodeOutputShare(_ bytes: [UInt8]) throws(VDAFError) -> [Field] {
        try Field.decodeVector(bytes[...], count: outputLength)
    }
    func encode(aggregateShare: [Field]) -> [UInt8] { Field.encodeVector(aggregateShare) }
    func decodeAggregateShare(_ bytes: [UInt8]) throws(VDAFError) -> [Field] {
        try Field.decodeVector(bytes[...], count: outputLength)
    }
    func encode(verifierShare: [UInt8]) -> [UInt8] { [] }
    func decodeVerifierShare(_ bytes: [UInt8]) throws(VDAFError) -> [UInt8] { [] }
    func encode(verifierMessage: [UInt8]) -> [UInt8] { [] }
    func decodeVerifierMessage(_ bytes: [UInt8]) throws(VDAFError) -> [UInt8] { [] }
}
