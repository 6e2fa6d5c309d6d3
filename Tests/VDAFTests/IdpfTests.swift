import TestSupport
import Testing
import VDAF

/// The shared function is the programmed one: its values on the path, zero everywhere else.
@Suite struct IdpfTests {
    static func strings(_ length: Int) -> [BitString] {
        (0..<1 << length).map { number in BitString((0..<length).map { number >> (length - 1 - $0) & 1 == 1 }) }
    }

    static func randomString(_ length: Int, _ random: inout SeededGenerator) -> BitString {
        BitString((0..<length).map { _ in Bool.random(using: &random) })
    }

    static func leafElements(_ count: Int, _ random: inout SeededGenerator) throws -> [Field255] {
        try Field255.decodeVector(
            (0..<count).flatMap { _ in random.bytes(31) + [random.bytes(1)[0] & 0x3F] }[...], count: count)
    }

    /// One set of keys, and both parties' shares added up.
    struct Instance {
        let idpf: Idpf
        let alpha: BitString
        let innerValues: [Field64]
        let leafValue: [Field255]
        let context: [UInt8]
        let nonce: [UInt8]
        let publicShare: IdpfPublicShare
        let keys: [[UInt8]]

        init(_ valueLength: Int, _ bits: Int, _ random: inout SeededGenerator) throws {
            idpf = try Idpf(valueLength: valueLength, bits: bits)
            alpha = randomString(bits, &random)
            innerValues = random.elements(valueLength * (bits - 1))
            leafValue = try leafElements(valueLength, &random)
            context = random.bytes(5)
            nonce = random.bytes(16)
            (publicShare, keys) = try idpf.generate(
                alpha: alpha, innerValues: innerValues, leafValue: leafValue, context: context, nonce: nonce,
                rand: random.bytes(Idpf.randSize))
        }

        func inner(_ parameter: Poplar1AggregationParameter) throws -> [Field64] {
            var shares = try (0..<2).map { party in
                try idpf.evaluateInner(
                    aggregatorID: party, publicShare: publicShare, key: keys[party], parameter: parameter,
                    context: context, nonce: nonce)
            }
            Field64.addVector(&shares[0], shares[1])
            return shares[0]
        }

        func leaves(_ parameter: Poplar1AggregationParameter) throws -> [Field255] {
            var shares = try (0..<2).map { party in
                try idpf.evaluateLeaves(
                    aggregatorID: party, publicShare: publicShare, key: keys[party], parameter: parameter,
                    context: context, nonce: nonce)
            }
            Field255.addVector(&shares[0], shares[1])
            return shares[0]
        }

        func check(_ level: Int, _ prefixes: [BitString]) throws {
            let parameter = try Poplar1AggregationParameter(level: level, prefixes: prefixes)
            let (length, own) = (idpf.valueLength, alpha.prefix(level + 1))
            if idpf.isLeaf(level) {
                let zeros = [Field255](repeating: .zero, count: length)
                #expect(try leaves(parameter) == prefixes.flatMap { $0 == own ? leafValue : zeros })
            } else {
                let zeros = [Field64](repeating: .zero, count: length)
                let value = Array(innerValues[level * length..<(level + 1) * length])
                #expect(try inner(parameter) == prefixes.flatMap { $0 == own ? value : zeros })
            }
        }
    }

    @Test(arguments: [(1, 1), (1, 2), (2, 1), (2, 2), (2, 8), (3, 5), (5, 4), (2, 9)])
    func allNodesOfSmallTreesHaveTheProgrammedValues(valueLength: Int, bits: Int) throws {
        var random = SeededGenerator()
        let instance = try Instance(valueLength, bits, &random)
        for level in 0..<bits {
            let all = Self.strings(level + 1)
            try instance.check(level, all)
            try instance.check(level, [])
            for _ in 0..<5 {
                try instance.check(level, all.filter { _ in Bool.random(using: &random) })
            }
        }
    }

    @Test(arguments: [17, 64, 200])
    func deepTreesHaveTheProgrammedValues(bits: Int) throws {
        var random = SeededGenerator()
        let instance = try Instance(2, bits, &random)
        for level in [0, 7, 8, bits / 2, bits - 2, bits - 1] {
            var prefixes: Set<BitString> = [instance.alpha.prefix(level + 1)]
            for _ in 0..<300 {
                // Beginnings in common with the path, of all lengths.
                let shared = Int.random(in: 0...level, using: &random)
                prefixes.insert(
                    BitString(
                        (0...level).map { $0 < shared ? instance.alpha[$0] : Bool.random(using: &random) }))
            }
            try instance.check(level, prefixes.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) })
        }
    }

    /// Blocks of the AES hash hold an integer from the modulus upwards once in 2^32 elements. This key was searched for:
    /// the left child of the root has such a value.
    @Test func rejectedElementsAreSkippedAsTheXofSkipsThem() throws {
        let key: [UInt8] = [0x5A, 0x12, 0x43, 0x15, 0x02] + [UInt8](repeating: 0, count: 11)
        let nonce = (0..<16).map { UInt8($0) }
        let idpf = try Idpf(valueLength: 2, bits: 2)
        let publicShare = try idpf.decodePublicShare([UInt8](repeating: 0, count: idpf.publicShareSize))
        let tag: [UInt8] = [18, 1, 0, 0, 0, 0, 0]
        var extend = XofFixedKeyAes128(seed: key, domainSeparationTag: tag + [0], binder: nonce)
        var child = extend.next(16)
        child[0] &= 0xFE
        var convert = XofFixedKeyAes128(seed: child, domainSeparationTag: tag + [1], binder: nonce)
        let stream = convert.next(48)
        #expect(throws: VDAFError.self, "the first two integers are not both elements") {
            try Field64.decodeVector(stream[16..<32], count: 2)
        }
        var fresh = XofFixedKeyAes128(seed: child, domainSeparationTag: tag + [1], binder: nonce)
        _ = fresh.next(16)
        let expected: [Field64] = fresh.nextVector(2)
        let values = try idpf.evaluateInner(
            aggregatorID: 0, publicShare: publicShare, key: key,
            parameter: Poplar1AggregationParameter(level: 0, prefixes: [BitString([false])]), context: [],
            nonce: nonce)
        #expect(values == expected)
    }

    @Test func sizesAndArgumentsAreChecked() throws {
        for (valueLength, bits) in [(0, 1), (-1, 1), (1, 0), (1, -1), (1, 65_537), (1, Int.max)] {
            #expect(throws: VDAFError.self) { try Idpf(valueLength: valueLength, bits: bits) }
        }
        var random = SeededGenerator()
        let instance = try Instance(2, 4, &random)
        let leaf = try Poplar1AggregationParameter(level: 3, prefixes: [])
        let inner = try Poplar1AggregationParameter(level: 2, prefixes: [])
        let beyond = try Poplar1AggregationParameter(level: 4, prefixes: [])
        #expect(throws: VDAFError.self) { try instance.inner(leaf) }
        #expect(throws: VDAFError.self) { try instance.leaves(inner) }
        #expect(throws: VDAFError.self) { try instance.leaves(beyond) }
        var otherShapes = [instance.publicShare, instance.publicShare, instance.publicShare, instance.publicShare]
        otherShapes[0].seeds.removeLast()
        otherShapes[1].controlBits[3] = 2
        otherShapes[2].innerPayloads.append(.zero)
        otherShapes[3].leafPayload = []
        for publicShare in otherShapes {
            #expect(throws: VDAFError.self) {
                try instance.idpf.evaluateInner(
                    aggregatorID: 0, publicShare: publicShare, key: instance.keys[0], parameter: inner,
                    context: [], nonce: instance.nonce)
            }
        }
        for (party, key, nonce) in [
            (2, instance.keys[0], instance.nonce), (-1, instance.keys[0], instance.nonce),
            (0, [], instance.nonce), (0, instance.keys[0], []),
        ] {
            #expect(throws: VDAFError.self) {
                try instance.idpf.evaluateLeaves(
                    aggregatorID: party, publicShare: instance.publicShare, key: key, parameter: leaf, context: [],
                    nonce: nonce)
            }
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 8, 9])
    func publicSharesHaveExactlyOneEncoding(bits: Int) throws {
        var random = SeededGenerator()
        let instance = try Instance(2, bits, &random)
        let idpf = instance.idpf
        let bytes = idpf.encode(publicShare: instance.publicShare)
        #expect(bytes.count == idpf.publicShareSize)
        #expect(try idpf.decodePublicShare(bytes) == instance.publicShare)
        for count in 0..<bytes.count {
            #expect(throws: VDAFError.self) { try idpf.decodePublicShare(Array(bytes.prefix(count))) }
        }
        #expect(throws: VDAFError.self) { try idpf.decodePublicShare(bytes + [0]) }
        var accepted = 0
        for bit in 0..<8 * bytes.count {
            let mutated = flipped(bytes, bit)
            if let share = try? idpf.decodePublicShare(mutated) {
                accepted += 1
                #expect(share != instance.publicShare && idpf.encode(publicShare: share) == mutated)
            }
        }
        // Refused are the padding, the two leaf elements' top bits, and what makes an element too large.
        let padding = (8 - 2 * bits % 8) % 8
        #expect(accepted <= 8 * bytes.count - padding - 2)
        for bit in 0..<padding {
            #expect(throws: VDAFError.self) {
                try idpf.decodePublicShare(flipped(bytes, (2 * bits + 7) / 8 * 8 - 1 - bit))
            }
        }
    }
}
