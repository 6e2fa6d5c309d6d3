/// Encodings of Poplar1's messages (VDAF-20 section 8.2.6).
extension Poplar1 {
    /// Bytes of an encoded public share.
    public var publicShareSize: Int { idpf.publicShareSize }

    /// Bytes of an encoded input share, the same for both aggregators.
    public func inputShareSize(aggregatorID: Int) -> Int {
        Idpf.keySize + Seeds.seedSize + 2 * (bits - 1) * Field64.encodedSize + 2 * Field255.encodedSize
    }

    public func encode(aggregationParameter: Poplar1AggregationParameter) -> [UInt8] {
        aggregationParameter.encoded()
    }

    public func decodeAggregationParameter(_ bytes: [UInt8]) throws(VDAFError) -> Poplar1AggregationParameter {
        let parameter = try Poplar1AggregationParameter(decoding: bytes)
        guard parameter.level < bits else {
            throw .invalidEncoding(
                "aggregation parameter: level \(parameter.level) is beyond the last of \(bits) levels")
        }
        return parameter
    }

    public func encode(publicShare: PublicShare) -> [UInt8] {
        idpf.encode(publicShare: publicShare)
    }

    public func decodePublicShare(_ bytes: [UInt8]) throws(VDAFError) -> PublicShare {
        try idpf.decodePublicShare(bytes)
    }

    public func encode(inputShare: InputShare) -> [UInt8] {
        inputShare.key + inputShare.correlationSeed + Field64.encodeVector(inputShare.innerCorrelations)
            + Field255.encodeVector(inputShare.leafCorrelation)
    }

    public func decodeInputShare(_ bytes: [UInt8], aggregatorID: Int) throws(VDAFError) -> InputShare {
        guard 0..<shares ~= aggregatorID else {
            throw .invalidArgument("there is no aggregator \(aggregatorID)")
        }
        let size = inputShareSize(aggregatorID: aggregatorID)
        guard bytes.count == size else {
            throw .invalidEncoding("input share: expected \(size) bytes, got \(bytes.count)")
        }
        let innerStart = Idpf.keySize + Seeds.seedSize
        let leafStart = size - 2 * Field255.encodedSize
        return InputShare(
            key: Array(bytes[..<Idpf.keySize]), correlationSeed: Array(bytes[Idpf.keySize..<innerStart]),
            innerCorrelations: try Field64.decodeVector(bytes[innerStart..<leafStart], count: 2 * (bits - 1)),
            leafCorrelation: try Field255.decodeVector(bytes[leafStart...], count: 2))
    }

    public func encode(verifierShare: VerifierShare) -> [UInt8] {
        verifierShare.encoded()
    }

    /// The length tells round and field apart: 8 and 24 bytes are one and three elements of Field64, 32 and 96 bytes of
    /// Field255. Whether it is what the state needs is checked where it is used.
    public func decodeVerifierShare(_ bytes: [UInt8]) throws(VDAFError) -> VerifierShare {
        switch bytes.count {
        case 8: try Poplar1Vector(bytes, count: 1, isLeaf: false)
        case 24: try Poplar1Vector(bytes, count: 3, isLeaf: false)
        case 32: try Poplar1Vector(bytes, count: 1, isLeaf: true)
        case 96: try Poplar1Vector(bytes, count: 3, isLeaf: true)
        default: throw .invalidEncoding("verifier share: \(bytes.count) bytes are no sketch of any level or round")
        }
    }

    public func encode(verifierMessage: VerifierMessage) -> [UInt8] {
        switch verifierMessage {
        case .sketch(let sketch): sketch.encoded()
        case .verified: []
        }
    }

    public func decodeVerifierMessage(_ bytes: [UInt8]) throws(VDAFError) -> VerifierMessage {
        switch bytes.count {
        case 0: .verified
        case 24: .sketch(try Poplar1Vector(bytes, count: 3, isLeaf: false))
        case 96: .sketch(try Poplar1Vector(bytes, count: 3, isLeaf: true))
        default: throw .invalidEncoding("verifier message: \(bytes.count) bytes are no sketch of any level")
        }
    }

    public func encode(outputShare: OutputShare) -> [UInt8] {
        outputShare.encoded()
    }

    public func decodeOutputShare(
        _ bytes: [UInt8], aggregationParameter: Poplar1AggregationParameter
    ) throws(VDAFError) -> OutputShare {
        try Poplar1Vector(
            bytes, count: aggregationParameter.prefixCount, isLeaf: idpf.isLeaf(aggregationParameter.level))
    }

    public func encode(aggregateShare: AggregateShare) -> [UInt8] {
        aggregateShare.encoded()
    }

    public func decodeAggregateShare(
        _ bytes: [UInt8], aggregationParameter: Poplar1AggregationParameter
    ) throws(VDAFError) -> AggregateShare {
        try decodeOutputShare(bytes, aggregationParameter: aggregationParameter)
    }

    /// Always throws: without the aggregation parameter it is not known which field the elements are of.
    public func decodeOutputShare(_ bytes: [UInt8]) throws(VDAFError) -> OutputShare {
        throw .invalidArgument("an output share of Poplar1 is decoded with its aggregation parameter")
    }

    /// Always throws: without the aggregation parameter it is not known which field the elements are of.
    public func decodeAggregateShare(_ bytes: [UInt8]) throws(VDAFError) -> AggregateShare {
        throw .invalidArgument("an aggregate share of Poplar1 is decoded with its aggregation parameter")
    }
}
