extension Idpf {
    /// Makes the two parties' keys and the public share (VDAF-20 section 8.3.2).
    ///
    /// The keys are cut from `rand`. Then both parties' walks along alpha are played, and every level's correction word
    /// is what they need: equal children off the path, and the programmed value on it.
    ///
    /// - Parameters:
    ///   - alpha: The leaf, `bits` bits, secret.
    ///   - innerValues: The values of the path's inner nodes, `valueLength` elements each, from the root down.
    ///   - leafValue: The value of the leaf.
    ///   - nonce: 16 bytes, public.
    ///   - rand: `randSize` bytes, secret.
    /// - Throws: `.invalidArgument` if something has another size.
    package func generate(
        alpha: BitString, innerValues: [Field64], leafValue: [Field255], context: [UInt8], nonce: [UInt8],
        rand: [UInt8]
    ) throws(VDAFError) -> (publicShare: IdpfPublicShare, keys: [[UInt8]]) {
        guard alpha.count == bits, innerValues.count == valueLength * (bits - 1), leafValue.count == valueLength,
            nonce.count == Self.keySize, rand.count == Self.randSize, Self.takes(context: context)
        else {
            throw .invalidArgument("an argument of IDPF key generation has the wrong size")
        }
        var walk = Walk(rand: rand)
        var share = IdpfPublicShare(seeds: [], controlBits: [], innerPayloads: [], leafPayload: [])
        share.seeds.reserveCapacity(bits * Self.keySize)

        var streams = IdpfInnerStreams(valueLength: valueLength, context: context, nonce: nonce)
        for level in 0..<bits - 1 {
            let children = streams.extendPair(walk.seeds.0, walk.seeds.1)
            let nodes = walk.step(to: children, bit: alpha.bit(level), share: &share)
            let (seeds, values) = streams.convertPair(nodes.0, nodes.1)
            walk.seeds = seeds
            let value = innerValues[level * valueLength..<(level + 1) * valueLength]
            share.innerPayloads += walk.correction(of: Array(value), values.0, values.1)
        }

        let leafStreams = IdpfLeafStreams(valueLength: valueLength, context: context, nonce: nonce)
        let children = (leafStreams.extend(walk.seeds.0), leafStreams.extend(walk.seeds.1))
        let nodes = walk.step(to: children, bit: alpha.bit(bits - 1), share: &share)
        share.leafPayload = walk.correction(
            of: leafValue, leafStreams.convert(nodes.0), leafStreams.convert(nodes.1))
        return (share, [Array(rand[..<Self.keySize]), Array(rand[Self.keySize...])])
    }
}

/// A party's two children of a node.
private typealias Children = (left: IdpfSeed, right: IdpfSeed)

/// Where the parties stand on the path.
private struct Walk {
    var seeds: (IdpfSeed, IdpfSeed)
    private var controlBits: (UInt64, UInt64) = (0, 1)

    init(rand: [UInt8]) {
        seeds = (IdpfSeed(rand), IdpfSeed(rand, at: Idpf.keySize))
    }

    /// Appends the level's correction of seed and control bits to `share`, and goes to the child that `bit` names.
    ///
    /// - Returns: The parties' seeds there, corrected, from which their values and next seeds follow.
    mutating func step(
        to children: (Children, Children), bit: UInt64, share: inout IdpfPublicShare
    ) -> (IdpfSeed, IdpfSeed) {
        var (first, second) = children
        let firstBits = (first.left.takeControlBit(), first.right.takeControlBit())
        let secondBits = (second.left.takeControlBit(), second.right.takeControlBit())

        let lostSeeds = (
            IdpfSeed.select(first.right, first.left, by: bit), IdpfSeed.select(second.right, second.left, by: bit)
        )
        let seedCorrection = lostSeeds.0 ^ lostSeeds.1
        let bitCorrections = (firstBits.0 ^ secondBits.0 ^ bit ^ 1, firstBits.1 ^ secondBits.1 ^ bit)
        share.seeds += seedCorrection.bytes
        share.controlBits.append(UInt8(bitCorrections.0))
        share.controlBits.append(UInt8(bitCorrections.1))

        let bitCorrection = select(bitCorrections, by: bit)
        let kept = (
            IdpfSeed.select(first.left, first.right, by: bit) ^ seedCorrection.masked(by: controlBits.0),
            IdpfSeed.select(second.left, second.right, by: bit) ^ seedCorrection.masked(by: controlBits.1)
        )
        controlBits = (
            select(firstBits, by: bit) ^ (bitCorrection & controlBits.0),
            select(secondBits, by: bit) ^ (bitCorrection & controlBits.1)
        )
        return kept
    }

    /// value - first + second, negated if it is the second party, which negates its share, that applies it.
    func correction<Field: PrimeFieldElement>(of value: [Field], _ first: [Field], _ second: [Field]) -> [Field] {
        let sign = Field.one - Field(2 * controlBits.1)
        return value.indices.map { sign * (value[$0] - first[$0] + second[$0]) }
    }

    private func select(_ pair: (UInt64, UInt64), by bit: UInt64) -> UInt64 {
        pair.0 ^ ((pair.0 ^ pair.1) & (0 &- bit))
    }
}

extension IdpfInnerStreams {
    /// Both parties' `extend`, in one call of the hash.
    fileprivate mutating func extendPair(_ first: IdpfSeed, _ second: IdpfSeed) -> (Children, Children) {
        var blocks = [first.block(0), first.block(1), second.block(0), second.block(1)]
        blocks.hash(with: &extend)
        return ((blocks[0], blocks[1]), (blocks[2], blocks[3]))
    }

    /// Both parties' `convert`: next seeds and values.
    fileprivate mutating func convertPair(
        _ first: IdpfSeed, _ second: IdpfSeed
    ) -> (seeds: (IdpfSeed, IdpfSeed), values: ([Field64], [Field64])) {
        let count = 1 + blocksPerValue
        var blocks = (0..<2 * count).map { ($0 < count ? first : second).block($0 % count) }
        blocks.hash(with: &convert)
        var values: ([Field64], [Field64]) = ([], [])
        blocks.withUnsafeBytes { bytes in
            let size = blocksPerValue * Idpf.keySize
            let start = count * Idpf.keySize + Idpf.keySize
            appendValue(
                of: first, blocks: UnsafeRawBufferPointer(rebasing: bytes[Idpf.keySize..<Idpf.keySize + size]),
                to: &values.0)
            appendValue(
                of: second, blocks: UnsafeRawBufferPointer(rebasing: bytes[start..<start + size]), to: &values.1)
        }
        return ((blocks[0], blocks[count]), values)
    }
}
