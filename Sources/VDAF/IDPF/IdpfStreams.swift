/// `extend` and `convert` of the IDPF (VDAF-20 section 8.3.4), for inner levels. The two hashes belong to one report:
/// they depend on its nonce.
struct IdpfInnerStreams {
    var extend: FixedKeyHash
    var convert: FixedKeyHash
    let valueLength: Int
    private let valueTag: [UInt8]
    private let nonce: [UInt8]

    /// Blocks that hold a value if no element is rejected. Block 0 of `convert` is the next seed, the value follows.
    var blocksPerValue: Int { (valueLength * Field64.encodedSize + Idpf.keySize - 1) / Idpf.keySize }

    init(valueLength: Int, context: [UInt8], nonce: [UInt8]) {
        self.valueLength = valueLength
        self.nonce = nonce
        valueTag = DomainSeparation.tag(usage: .convert, context: context)
        extend = FixedKeyHash(
            domainSeparationTag: DomainSeparation.tag(usage: .extend, context: context), binder: nonce)
        convert = FixedKeyHash(domainSeparationTag: valueTag, binder: nonce)
    }

    /// Appends the value that `convert` derives from `seed`.
    ///
    /// - Parameter blocks: Blocks 1 to `blocksPerValue` of the stream. They are enough unless they hold an integer from
    ///   the modulus upwards, which happens once in 2^32 elements; then the stream is read from its beginning.
    func appendValue(
        of seed: IdpfSeed, blocks: UnsafeRawBufferPointer, to values: inout [Field64]
    ) {
        let size = valueLength * Field64.encodedSize
        withUnsafeTemporaryAllocation(of: Field64.self, capacity: valueLength) { buffer in
            guard let base = buffer.baseAddress else { return }
            let count = Field64.sample(from: UnsafeRawBufferPointer(rebasing: blocks[..<size]), into: base)
            if count == valueLength {
                values.append(contentsOf: buffer)
            } else {
                var stream = XofFixedKeyAes128(seed: seed.bytes, domainSeparationTag: valueTag, binder: nonce)
                _ = stream.next(Idpf.keySize)
                values += stream.nextVector(valueLength) as [Field64]
            }
        }
    }
}

/// The same for leaves.
struct IdpfLeafStreams {
    private let extendPrefix: XofTurboShake128
    private let convertPrefix: XofTurboShake128
    private let nonce: [UInt8]
    private let valueLength: Int

    init(valueLength: Int, context: [UInt8], nonce: [UInt8]) {
        self.valueLength = valueLength
        self.nonce = nonce
        func prefix(_ usage: DomainSeparation.IdpfUsage) -> XofTurboShake128 {
            XofTurboShake128(
                domainSeparationTag: DomainSeparation.tag(usage: usage, context: context), seedSize: Idpf.keySize)
        }
        extendPrefix = prefix(.extend)
        convertPrefix = prefix(.convert)
    }

    /// Both children of a node, with the control bits still in them.
    func extend(_ seed: IdpfSeed) -> (left: IdpfSeed, right: IdpfSeed) {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        var stream = stream(extendPrefix, seed)
        withUnsafeMutableBytes(of: &words) { stream.fill($0) }
        return (IdpfSeed(low: words.0, high: words.1), IdpfSeed(low: words.2, high: words.3))
    }

    /// A leaf's value. The stream begins with a seed, which leaves have no use for.
    func convert(_ seed: IdpfSeed) -> [Field255] {
        var words: (UInt64, UInt64) = (0, 0)
        var stream = stream(convertPrefix, seed)
        withUnsafeMutableBytes(of: &words) { stream.fill($0) }
        return stream.nextVector(valueLength)
    }

    private func stream(_ prefix: XofTurboShake128, _ seed: IdpfSeed) -> XofTurboShake128 {
        var stream = prefix
        withUnsafeBytes(of: (seed.low, seed.high)) { stream.absorb($0) }
        stream.absorb(nonce)
        return stream
    }
}
