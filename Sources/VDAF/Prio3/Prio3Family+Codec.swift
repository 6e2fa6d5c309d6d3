/// Encodings of Prio3's messages (VDAF-20 section 7.2.7). Lengths follow from the type's parameters, so there are no
/// length fields, and a decoder compares the total length before anything else.
extension Prio3Family {
    /// Bytes of an encoded input share.
    public func inputShareSize(aggregatorID: Int) -> Int {
        let lengths = lengths
        return aggregatorID == 0
            ? (lengths.measurement + lengths.proofs) * Field.encodedSize + lengths.blind : lengths.seed + lengths.blind
    }

    /// Bytes of an encoded public share.
    public var publicShareSize: Int { lengths.part * shares }
    /// Bytes of an encoded verifier share.
    public var verifierShareSize: Int { lengths.verifiers * Field.encodedSize + lengths.part }
    /// Bytes of an encoded verifier message.
    public var verifierMessageSize: Int { lengths.blind }
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
        let size = lengths.part
        guard size > 0 else { return PublicShare(jointRandomnessParts: []) }
        return PublicShare(
            jointRandomnessParts: stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<$0 + size]) })
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
        let lengths = lengths
        let blind = lengths.blind > 0 ? Array(bytes.suffix(lengths.blind)) : nil
        guard aggregatorID == 0 else {
            return .helper(seed: Array(bytes.prefix(lengths.seed)), blind: blind)
        }
        let measurementSize = lengths.measurement * Field.encodedSize
        let proofs = bytes.dropFirst(measurementSize).prefix(lengths.proofs * Field.encodedSize)
        return .leader(
            measurementShare: try Field.decodeVector(bytes.prefix(measurementSize), count: lengths.measurement),
            proofsShare: try Field.decodeVector(proofs, count: lengths.proofs), blind: blind)
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
        let lengths = lengths
        return VerifierShare(
            verifiersShare: try Field.decodeVector(
                bytes.prefix(lengths.verifiers * Field.encodedSize), count: lengths.verifiers),
            jointRandomnessPart: lengths.part > 0 ? Array(bytes.suffix(lengths.part)) : nil)
    }

    public func encode(verifierMessage: VerifierMessage) -> [UInt8] {
        verifierMessage.jointRandomnessSeed ?? []
    }

    public func decodeVerifierMessage(_ bytes: [UInt8]) throws(VDAFError) -> VerifierMessage {
        try checkSize(bytes, of: "verifier message", is: verifierMessageSize)
        return VerifierMessage(jointRandomnessSeed: lengths.blind > 0 ? bytes : nil)
    }
}
