/// Encodings of Prio3's messages (VDAF-20 section 7.2.7). Lengths follow from the type's parameters, so there are no
/// length fields, and a decoder compares the total length before anything else.
extension Prio3 {
    private var seedSize: Int { Seeds.seedSize }
    private var blindSize: Int { usesJointRandomness ? Seeds.seedSize : 0 }

    /// Bytes of an encoded input share.
    public func inputShareSize(aggregatorID: Int) -> Int {
        aggregatorID == 0
            ? (circuit.measurementLength + flp.proofLength * proofs) * Field.encodedSize + blindSize
            : seedSize + blindSize
    }

    /// Bytes of an encoded public share.
    public var publicShareSize: Int { blindSize * shares }
    /// Bytes of an encoded verifier share.
    public var verifierShareSize: Int { flp.verifierLength * proofs * Field.encodedSize + blindSize }
    /// Bytes of an encoded verifier message.
    public var verifierMessageSize: Int { blindSize }
    /// Bytes of an encoded output or aggregate share.
    public var aggregateShareSize: Int { outputLength * Field.encodedSize }

    private func checkSize(_ bytes: [UInt8], of name: String, is size: Int) throws(VDAFError) {
        guard bytes.count == size else {
            throw .invalidEncoding("\(name): expected \(size) bytes, got \(bytes.count)")
        }
    }

    public func encode(publicShare: PublicShare) -> [UInt8] {
        Array(publicShare.jointRandomnessParts.joined())
    }

    public func decodePublicShare(_ bytes: [UInt8]) throws(VDAFError) -> PublicShare {
        try checkSize(bytes, of: "public share", is: publicShareSize)
        let parts = stride(from: 0, to: bytes.count, by: seedSize).map { Array(bytes[$0..<$0 + seedSize]) }
        return PublicShare(jointRandomnessParts: parts)
    }

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
        let blind = usesJointRandomness ? Array(bytes.suffix(seedSize)) : nil
        guard aggregatorID == 0 else {
            return .helper(seed: Array(bytes.prefix(seedSize)), blind: blind)
        }
        let measurementSize = circuit.measurementLength * Field.encodedSize
        let proofsLength = flp.proofLength * proofs
        let proofs = bytes.dropFirst(measurementSize).prefix(proofsLength * Field.encodedSize)
        return .leader(
            measurementShare: try Field.decodeVector(bytes.prefix(measurementSize), count: circuit.measurementLength),
            proofsShare: try Field.decodeVector(proofs, count: proofsLength), blind: blind)
    }

    public func encode(outputShare: OutputShare) -> [UInt8] {
        Field.encodeVector(outputShare)
    }

    public func decodeOutputShare(_ bytes: [UInt8]) throws(VDAFError) -> OutputShare {
        try Field.decodeVector(bytes[...], count: outputLength)
    }

    public func encode(aggregateShare: AggregateShare) -> [UInt8] {
        Field.encodeVector(aggregateShare)
    }

    public func decodeAggregateShare(_ bytes: [UInt8]) throws(VDAFError) -> AggregateShare {
        try Field.decodeVector(bytes[...], count: outputLength)
    }

    public func encode(verifierShare: VerifierShare) -> [UInt8] {
        Field.encodeVector(verifierShare.verifiersShare) + (verifierShare.jointRandomnessPart ?? [])
    }

    public func decodeVerifierShare(_ bytes: [UInt8]) throws(VDAFError) -> VerifierShare {
        try checkSize(bytes, of: "verifier share", is: verifierShareSize)
        let length = flp.verifierLength * proofs
        return VerifierShare(
            verifiersShare: try Field.decodeVector(bytes.prefix(length * Field.encodedSize), count: length),
            jointRandomnessPart: usesJointRandomness ? Array(bytes.suffix(seedSize)) : nil)
    }

    public func encode(verifierMessage: VerifierMessage) -> [UInt8] {
        verifierMessage.jointRandomnessSeed ?? []
    }

    public func decodeVerifierMessage(_ bytes: [UInt8]) throws(VDAFError) -> VerifierMessage {
        try checkSize(bytes, of: "verifier message", is: verifierMessageSize)
        return VerifierMessage(jointRandomnessSeed: usesJointRandomness ? bytes : nil)
    }
}
