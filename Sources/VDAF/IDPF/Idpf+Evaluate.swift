/// Evaluation of one party's key at all candidate prefixes of a level (VDAF-20 section 8.3.3).
///
/// Prefixes are in order, so the nodes above them are the trie of the prefixes, and every node is computed once. The
/// walk goes down level by level, all nodes of a level together, which gives the AES hash long runs of blocks. Which
/// nodes are visited is public; what is in them is not.
extension Idpf {
    /// Shares of the values at an inner level, `valueLength` elements for each prefix.
    ///
    /// - Throws: `.invalidArgument` if an argument does not belong to this IDPF, or the level is not an inner one.
    package func evaluateInner(
        aggregatorID: Int, publicShare: IdpfPublicShare, key: [UInt8], parameter: Poplar1AggregationParameter,
        context: [UInt8], nonce: [UInt8]
    ) throws(VDAFError) -> [Field64] {
        guard parameter.level < bits - 1 else {
            throw .invalidArgument("level \(parameter.level) is not an inner one of \(bits) levels")
        }
        try check(aggregatorID, publicShare, key, context, nonce)
        var streams = IdpfInnerStreams(valueLength: valueLength, context: context, nonce: nonce)
        var nodes = IdpfNodes(root: IdpfSeed(key), controlBit: UInt64(aggregatorID))
        let commonLengths = parameter.commonLengths
        for depth in 0..<parameter.level {
            nodes.descend(to: depth, of: parameter, commonLengths, publicShare, &streams.extend)
            nodes.advanceSeeds(&streams.convert)
        }
        nodes.descend(to: parameter.level, of: parameter, commonLengths, publicShare, &streams.extend)

        var values = nodes.values(&streams)
        let payload = publicShare.innerPayloads[parameter.level * valueLength..<(parameter.level + 1) * valueLength]
        correct(&values, by: Array(payload), controlBits: nodes.controlBits, aggregatorID: aggregatorID)
        return values
    }

    /// Shares of the values at the leaves, `valueLength` elements for each prefix.
    ///
    /// - Throws: `.invalidArgument` if an argument does not belong to this IDPF, or the level is not the last.
    package func evaluateLeaves(
        aggregatorID: Int, publicShare: IdpfPublicShare, key: [UInt8], parameter: Poplar1AggregationParameter,
        context: [UInt8], nonce: [UInt8]
    ) throws(VDAFError) -> [Field255] {
        guard isLeaf(parameter.level) else {
            throw .invalidArgument("level \(parameter.level) is not the last of \(bits) levels")
        }
        try check(aggregatorID, publicShare, key, context, nonce)
        var innerStreams = IdpfInnerStreams(valueLength: valueLength, context: context, nonce: nonce)
        var parents = IdpfNodes(root: IdpfSeed(key), controlBit: UInt64(aggregatorID))
        let commonLengths = parameter.commonLengths
        for depth in 0..<parameter.level {
            parents.descend(to: depth, of: parameter, commonLengths, publicShare, &innerStreams.extend)
            parents.advanceSeeds(&innerStreams.convert)
        }

        let streams = IdpfLeafStreams(valueLength: valueLength, context: context, nonce: nonce)
        let correction = CorrectionWord(publicShare, level: parameter.level)
        var values: [Field255] = []
        values.reserveCapacity(parameter.prefixCount * valueLength)
        var controlBits: [UInt64] = []
        controlBits.reserveCapacity(parameter.prefixCount)
        var parent = -1
        var children: (left: IdpfSeed, right: IdpfSeed)?
        for index in 0..<parameter.prefixCount {
            if commonLengths[index] < parameter.level {
                parent += 1
                children = nil
            }
            let pair = children ?? streams.extend(parents.seeds[parent])
            children = pair
            let bit = parameter.bit(parameter.level, of: index)
            var seed = bit == 0 ? pair.left : pair.right
            controlBits.append(correction.apply(to: &seed, child: bit, parentControlBit: parents.controlBits[parent]))
            values += streams.convert(seed)
        }
        correct(&values, by: publicShare.leafPayload, controlBits: controlBits, aggregatorID: aggregatorID)
        return values
    }

    private func check(
        _ aggregatorID: Int, _ publicShare: IdpfPublicShare, _ key: [UInt8], _ context: [UInt8], _ nonce: [UInt8]
    ) throws(VDAFError) {
        guard 0...1 ~= aggregatorID, hasShape(publicShare), key.count == Self.keySize, nonce.count == Self.keySize,
            Self.takes(context: context)
        else {
            throw .invalidArgument("an argument of IDPF evaluation has the wrong size")
        }
    }

    /// Adds the payload where the control bit is 1, and negates the second party's share.
    @specialized(where Field == Field64)
    @specialized(where Field == Field255)
    private func correct<Field: PrimeFieldElement>(
        _ values: inout [Field], by payload: [Field], controlBits: [UInt64], aggregatorID: Int
    ) {
        values.withUnsafeMutableBufferPointer { values in
            var position = 0
            for bit in controlBits {
                let factor = Field(bit)
                for element in payload {
                    let value = values[position] + factor * element
                    values[position] = aggregatorID == 0 ? value : -value
                    position &+= 1
                }
            }
        }
    }
}

/// One level's correction of seeds and control bits.
private struct CorrectionWord {
    private let seed: IdpfSeed
    private let left: UInt64
    private let right: UInt64

    init(_ share: IdpfPublicShare, level: Int) {
        seed = IdpfSeed(share.seeds, at: level * Idpf.keySize)
        left = UInt64(share.controlBits[2 * level])
        right = UInt64(share.controlBits[2 * level + 1])
    }

    /// Corrects what `extend` made for a child.
    ///
    /// - Returns: The child's control bit.
    @inline(__always)
    func apply(to seed: inout IdpfSeed, child: Int, parentControlBit: UInt64) -> UInt64 {
        let bit = seed.takeControlBit() ^ ((child == 0 ? left : right) & parentControlBit)
        seed = seed ^ self.seed.masked(by: parentControlBit)
        return bit
    }
}

/// The nodes of one level that lie above candidate prefixes, from left to right.
private struct IdpfNodes {
    private(set) var seeds: [IdpfSeed]
    private(set) var controlBits: [UInt64]

    init(root: IdpfSeed, controlBit: UInt64) {
        seeds = [root]
        controlBits = [controlBit]
    }

    /// From the nodes above level `depth` to those at it. Seeds are left as `extend` makes them, before `convert`.
    mutating func descend(
        to depth: Int, of parameter: Poplar1AggregationParameter, _ commonLengths: [Int],
        _ publicShare: IdpfPublicShare, _ extend: inout FixedKeyHash
    ) {
        var children: [IdpfSeed] = []
        var childNumbers: [(parent: Int, bit: Int)] = []
        children.reserveCapacity(min(parameter.prefixCount, 2 * seeds.count))
        childNumbers.reserveCapacity(min(parameter.prefixCount, 2 * seeds.count))
        var parent = -1
        for index in 0..<parameter.prefixCount where commonLengths[index] <= depth {
            parent += commonLengths[index] < depth ? 1 : 0
            let bit = parameter.bit(depth, of: index)
            children.append(seeds[parent].block(bit))
            childNumbers.append((parent, bit))
        }
        children.hash(with: &extend)

        let correction = CorrectionWord(publicShare, level: depth)
        var childControlBits = [UInt64](repeating: 0, count: children.count)
        for (index, (parent, bit)) in childNumbers.enumerated() {
            childControlBits[index] = correction.apply(
                to: &children[index], child: bit, parentControlBit: controlBits[parent])
        }
        seeds = children
        controlBits = childControlBits
    }

    /// The seed part of `convert`.
    mutating func advanceSeeds(_ convert: inout FixedKeyHash) {
        seeds.hash(with: &convert)
    }

    /// The value part of `convert`.
    func values(_ streams: inout IdpfInnerStreams) -> [Field64] {
        let blocksPerValue = streams.blocksPerValue
        var blocks: [IdpfSeed] = []
        blocks.reserveCapacity(seeds.count * blocksPerValue)
        for seed in seeds {
            for index in 1...blocksPerValue {
                blocks.append(seed.block(index))
            }
        }
        blocks.hash(with: &streams.convert)

        var values: [Field64] = []
        values.reserveCapacity(seeds.count * streams.valueLength)
        let size = blocksPerValue * Idpf.keySize
        blocks.withUnsafeBytes { bytes in
            for (index, seed) in seeds.enumerated() {
                let own = UnsafeRawBufferPointer(rebasing: bytes[index * size..<(index + 1) * size])
                streams.appendValue(of: seed, blocks: own, to: &values)
            }
        }
        return values
    }
}

extension [IdpfSeed] {
    /// Replaces every seed by its hash.
    mutating func hash(with hash: inout FixedKeyHash) {
        withUnsafeMutableBufferPointer { seeds in
            seeds.withMemoryRebound(to: UInt64.self) { hash.hash($0) }
        }
    }
}
