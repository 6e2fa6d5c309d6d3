import VDAF

/// Checks a vector of an IDPF: `bits`, `alpha`, `beta_inner[level][element]`, `beta_leaf[element]`, `ctx`, `nonce`, `keys`
/// and `public_share`.
///
/// The keys are the randomness that keys are generated from. Beyond key generation, which is all that the file shows,
/// the keys are evaluated at every level, on the path and beside it.
enum IdpfVector {
    static func check(_ vector: VectorObject) throws {
        let bits = try vector["bits"].integer(Int.self)
        let leafValue: [Field255] = try elements(vector["beta_leaf"])
        let idpf = try VectorTypes.refusing { try Idpf(valueLength: leafValue.count, bits: bits) }
        let levels = try vector["beta_inner"].items()
        let innerValues: [[Field64]] = try levels.map(elements)
        let alpha = BitString(try vector["alpha"].items().map { try $0.bool() })
        let (context, nonce) = (try vector["ctx"].bytes(), try vector["nonce"].bytes())
        let keys = try vector["keys"].items().map { try $0.bytes() }

        let publicShare: IdpfPublicShare
        do {
            let generated = try idpf.generate(
                alpha: alpha, innerValues: innerValues.flatMap { $0 }, leafValue: leafValue, context: context,
                nonce: nonce, rand: keys.flatMap { $0 })
            publicShare = generated.publicShare
            for (key, expected) in zip(generated.keys, try vector["keys"].items()) {
                try expectEqual(key, expected)
            }
            try expectEqual(idpf.encode(publicShare: publicShare), vector["public_share"])
            guard try idpf.decodePublicShare(vector["public_share"].bytes()) == publicShare else {
                throw try vector["public_share"].failure("is decoded to another value")
            }
        } catch let error as VDAFError {
            throw VectorFailure("key generation: \(error.explanation)")
        }

        for level in 0..<bits {
            let (parameter, expected) = try candidates(alpha, level)
            func shares<Element>(
                _ evaluate: (_ aggregator: Int, _ key: [UInt8]) throws -> [Element]
            ) throws -> [[Element]] {
                try keys.enumerated().map { try evaluate($0.offset, $0.element) }
            }
            let length = idpf.valueLength
            if idpf.isLeaf(level) {
                let values = try shares { aggregator, key in
                    try idpf.evaluateLeaves(
                        aggregatorID: aggregator, publicShare: publicShare, key: key, parameter: parameter,
                        context: context, nonce: nonce)
                }
                try expect(values, programmed: leafValue, at: expected, level: level)
            } else {
                let values = try shares { aggregator, key in
                    try idpf.evaluateInner(
                        aggregatorID: aggregator, publicShare: publicShare, key: key, parameter: parameter,
                        context: context, nonce: nonce)
                }
                let programmed = innerValues.flatMap { $0 }[level * length..<(level + 1) * length]
                try expect(values, programmed: Array(programmed), at: expected, level: level)
            }
        }
    }

    /// alpha's prefix at a level and that prefix's sibling in order, and the position of alpha's.
    private static func candidates(
        _ alpha: BitString, _ level: Int
    ) throws -> (parameter: Poplar1AggregationParameter, position: Int) {
        var bits = (0...level).map { alpha[$0] }
        let position = bits[level] ? 1 : 0
        let prefixes = [false, true].map { last in
            bits[level] = last
            return BitString(bits)
        }
        return (try Poplar1AggregationParameter(level: level, prefixes: prefixes), position)
    }

    private static func expect<Field: PrimeFieldElement>(
        _ shares: [[Field]], programmed: [Field], at position: Int, level: Int
    ) throws {
        let zeros = [Field](repeating: .zero, count: programmed.count)
        var sum = shares[0]
        Field.addVector(&sum, shares[1])
        guard sum == (position == 0 ? programmed + zeros : zeros + programmed) else {
            throw VectorFailure("evaluation at level \(level): the shares do not add up to the programmed value")
        }
    }

    /// Elements as strings of decimal digits without leading zeros.
    private static func elements<Field: PrimeFieldElement>(_ value: VectorValue) throws -> [Field] {
        try value.items().map { item in
            let text = try item.string()
            guard 1...80 ~= text.utf8.count, text == "0" || !text.hasPrefix("0") else {
                throw item.failure("not a field element")
            }
            return try text.utf8.reduce(Field.zero) { sum, character in
                guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= character else {
                    throw item.failure("not a string of decimal digits")
                }
                return sum * Field(10) + Field(UInt64(character - UInt8(ascii: "0")))
            }
        }
    }
}
