/// Encodings, with the layouts of Prio3's messages (VDAF-20 section 7.2.7): lengths follow from the parameters, and a
/// decoder compares the total length before anything else.
extension BoundedL2 {
    private var seedSize: Int { Seeds.seedSize }
    /// Bytes of a joint-randomness part: wraparound part ‖ verification part.
    var partSize: Int { 2 * Seeds.seedSize }
    /// Elements of the verifiers of all proofs.
    var verifiersLength: Int {
        normEquality.verifierLength * Self.normEqualityProofs + boundedNorm.verifierLength * Self.boundedNormProofs
    }

    /// Bytes of an encoded input share.
    public func inputShareSize(aggregatorID: Int) -> Int {
        aggregatorID == 0 ? (measurementLength + proofsLength) * Field.encodedSize + seedSize : 2 * seedSize
    }

    /// Bytes of an encoded public share.
    public var publicShareSize: Int { 2 * partSize }
    /// Bytes of an encoded verifier share.
    public var verifierShareSize: Int { verifiersLength * Field.encodedSize + partSize }
    /// Bytes of an encoded verifier message.
    public var verifierMessageSize: Int { seedSize }
    /// Bytes of an encoded output or aggregate share.
    public var aggregateShareSize: Int { dimension * Field.encodedSize }

    private func checkSize(_ bytes: [UInt8], of name: String, is size: Int) throws(VDAFError) {
        guard bytes.count == size else {
            throw .invalidEncoding("\(name): expected \(size) bytes, got \(bytes.count)")
        }
    }

    /// The leader's part ‖ the helper's part.
    public func encode(publicShare: PublicShare) -> [UInt8] {
        Array(publicShare.jointRandomnessParts.joined())
    }

    public func decodePublicShare(_ bytes: [UInt8]) throws(VDAFError) -> PublicShare {
        try checkSize(bytes, of: "public share", is: publicShareSize)
        return PublicShare(jointRandomnessParts: [Array(bytes[..<partSize]), Array(bytes[partSize...])])
    }

    /// Leader: measurement share ‖ proofs share ‖ blind. Helper: seed ‖ blind.
    public func encode(inputShare: InputShare) -> [UInt8] {
        switch inputShare {
        case .leader(let measurementShare, let proofsShare, let blind):
            Field.encodeVector(measurementShare) + Field.encodeVector(proofsShare) + (blind ?? [])
        case .helper(let seed, let blind):
            seed + (blind ?? [])
        }
    }

    public func decodeInputShare(_ bytes: [UInt8], aggregatorID: Int) throws(VDAFError) -> InputShare {
        guard 0..<shares ~= aggregatorID else {
            throw .invalidArgument("there is no aggregator \(aggregatorID)")
        }
        try checkSize(bytes, of: "input share", is: inputShareSize(aggregatorID: aggregatorID))
        let blind = Array(bytes.suffix(seedSize))
        guard aggregatorID == 0 else {
            return .helper(seed: Array(bytes.prefix(seedSize)), blind: blind)
        }
        let measurementSize = measurementLength * Field.encodedSize
        return .leader(
            measurementShare: try Field.decodeVector(bytes[..<measurementSize], count: measurementLength),
            proofsShare: try Field.decodeVector(
                bytes[measurementSize...].dropLast(seedSize), count: proofsLength), blind: blind)
    }

    public func encode(outputShare: OutputShare) -> [UInt8] {
        Field.encodeVector(outputShare)
    }

    public func decodeOutputShare(_ bytes: [UInt8]) throws(VDAFError) -> OutputShare {
        try Field.decodeVector(bytes[...], count: dimension)
    }

    public func encode(aggregateShare: AggregateShare) -> [UInt8] {
        Field.encodeVector(aggregateShare)
    }

    public func decodeAggregateShare(_ bytes: [UInt8]) throws(VDAFError) -> AggregateShare {
        try Field.decodeVector(bytes[...], count: dimension)
    }

    /// Verifiers share ‖ joint-randomness part.
    public func encode(verifierShare: VerifierShare) -> [UInt8] {
        Field.encodeVector(verifierShare.verifiersShare) + (verifierShare.jointRandomnessPart ?? [])
    }

    public func decodeVerifierShare(_ bytes: [UInt8]) throws(VDAFError) -> VerifierShare {
        try checkSize(bytes, of: "verifier share", is: verifierShareSize)
        return VerifierShare(
            verifiersShare: try Field.decodeVector(bytes.dropLast(partSize), count: verifiersLength),
            jointRandomnessPart: Array(bytes.suffix(partSize)))
    }

    /// The seed.
    public func encode(verifierMessage: VerifierMessage) -> [UInt8] {
        verifierMessage.jointRandomnessSeed ?? []
    }

    public func decodeVerifierMessage(_ bytes: [UInt8]) throws(VDAFError) -> VerifierMessage {
        try checkSize(bytes, of: "verifier message", is: verifierMessageSize)
        return VerifierMessage(jointRandomnessSeed: bytes)
    }
}
