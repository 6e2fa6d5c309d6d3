import VDAF

extension VDAFConfiguration {
    /// The largest encoded measurement, in field elements: 4,194,304.
    ///
    /// A configuration comes from strangers, and a report of this size already costs 64 MiB for the leader's share. The
    /// limit leaves room for 262,144 coordinates of 16 bits, or 4 million of one bit.
    public static let maximumElements = 1 << 22

    /// The most that all proofs of a report may hold, in field elements. One proof never reaches it.
    static let maximumProofElements = 1 << 25

    /// Checks that the VDAF can be built, and within how much memory.
    ///
    /// A chunk longer than the whole measurement is refused as well: it would only add padding, and its memory is not
    /// limited by anything else.
    public func checkBounds() throws(VDAFConfigurationError) {
        switch self {
        case .count:
            return
        case .committed(let base):
            guard !base.isCommitted else { throw .outOfBounds("a committed VDAF cannot be committed again") }
            try base.checkBounds()
        case .sum(let maximum):
            try Self.checkMaximum(maximum, "max_measurement", isField64: true)
        case .sumVec(_, let maximum, let chunkLength):
            try Self.checkMaximum(maximum, "max_measurement", isField64: false)
            try checkSize(chunkLength: chunkLength)
        case .histogram(_, let chunkLength):
            try checkSize(chunkLength: chunkLength)
        case .multihotCountVec(let length, let maxWeight, let chunkLength):
            guard (1...UInt64(max(length, 1))).contains(maxWeight) else {
                throw .outOfBounds("max_weight \(maxWeight) must lie in 1...\(length) (length)")
            }
            try checkSize(chunkLength: chunkLength)
        case .l1BoundSum(_, let maximum, let chunkLength):
            try Self.checkMaximum(maximum, "max_value", isField64: false)
            try checkSize(chunkLength: chunkLength)
        case .boundedL2(let dimension, _, _, let isField128):
            guard dimension <= Self.maximumElements else {
                throw .outOfBounds("dimension \(dimension) exceeds \(Self.maximumElements) elements")
            }
            do throws(VDAFError) {
                let encoding = try boundedEncoding
                if isField128 {
                    try BoundedL2<Field128>.check(encoding: encoding, dimension: Int(dimension))
                } else {
                    try BoundedL2<Field64>.check(encoding: encoding, dimension: Int(dimension))
                }
            } catch {
                throw .outOfBounds("\(error)")
            }
        case .sumVecField64(_, let maximum, let chunkLength, let proofs):
            try Self.checkMaximum(maximum, "max_measurement", isField64: true)
            try checkSize(chunkLength: chunkLength)
            guard proofs >= 3 else {
                throw .outOfBounds("proofs \(proofs): over Field64 it takes at least 3 to be sound")
            }
            let (length, chunk) = (encodedElements, Int(chunkLength))
            let elements = GadgetShape.proofLength(
                arity: 2 * chunk, degree: 2, calls: (length + chunk - 1) / chunk)
            guard elements * Int(proofs) <= Self.maximumProofElements else {
                throw .outOfBounds(
                    "proofs × elements of a proof = \(proofs) × \(elements) = \(elements * Int(proofs)) exceeds "
                        + "\(Self.maximumProofElements) elements")
            }
        }
    }

    private static func checkMaximum(
        _ maximum: UInt64, _ name: String, isField64: Bool
    ) throws(VDAFConfigurationError) {
        guard maximum > 0 else { throw .outOfBounds("\(name) must be at least 1") }
        // The standard allows up to the field's modulus, about 2^64; the sum of two such values no longer fits.
        guard !isField64 || maximum >> 63 == 0 else { throw .outOfBounds("\(name) \(maximum) must be below 2^63") }
    }

    private func checkSize(chunkLength: UInt32) throws(VDAFConfigurationError) {
        guard outputLength > 0 else { throw .outOfBounds("length must be at least 1") }
        let elements = encodedElements
        guard elements <= Self.maximumElements else {
            throw .outOfBounds("\(elementsFormula) = \(elements) exceeds \(Self.maximumElements) elements")
        }
        guard chunkLength > 0, Int(chunkLength) <= elements else {
            throw .outOfBounds("chunk_length \(chunkLength) must lie in 1...\(elements) (\(elementsFormula))")
        }
    }

    /// The length of an encoded measurement, in field elements; of bounded-norm vectors without the few thousand bits
    /// about norm and tests.
    ///
    /// Vectors hold every coordinate bit by bit; the types that bound a sum hold that sum as well. No overflow: at most
    /// 2^32 coordinates of 64 bits.
    package var encodedElements: Int {
        switch base {
        case .count, .committed: 1
        case .sum: Self.bits(coordinateBound)
        case .boundedL2: outputLength
        case .sumVec, .sumVecField64, .histogram: outputLength * Self.bits(coordinateBound)
        case .multihotCountVec(_, let maxWeight, _): outputLength + Self.bits(maxWeight)
        case .l1BoundSum: (outputLength + 1) * Self.bits(coordinateBound)
        }
    }

    /// How ``encodedElements`` comes about, with the numbers in it.
    private var elementsFormula: String {
        switch base {
        case .multihotCountVec(_, let maxWeight, _):
            "length + bits of max_weight = \(outputLength) + \(Self.bits(maxWeight))"
        case .l1BoundSum: "(length + 1) × bits = \(outputLength + 1) × \(Self.bits(coordinateBound))"
        default: "length × bits = \(outputLength) × \(Self.bits(coordinateBound))"
        }
    }

    private static func bits(_ maximum: UInt64) -> Int { UInt64.bitWidth - maximum.leadingZeroBitCount }

    /// The configuration with the chunk length that makes the shortest proof, for types that have one.
    ///
    /// - Throws: `.outOfBounds` where the measurement is too long for any.
    public func withRecommendedChunkLength() throws(VDAFConfigurationError) -> VDAFConfiguration {
        let best = UInt32(Self.recommendedChunkLength(elements: min(max(encodedElements, 1), Self.maximumElements)))
        let changed: VDAFConfiguration =
            switch self {
            case .count, .sum, .boundedL2: self
            case .committed(let base): .committed(try base.withRecommendedChunkLength())
            case .sumVec(let length, let maximum, _):
                .sumVec(length: length, maxMeasurement: maximum, chunkLength: best)
            case .histogram(let length, _): .histogram(length: length, chunkLength: best)
            case .multihotCountVec(let length, let maxWeight, _):
                .multihotCountVec(length: length, maxWeight: maxWeight, chunkLength: best)
            case .l1BoundSum(let length, let maximum, _):
                .l1BoundSum(length: length, maxValue: maximum, chunkLength: best)
            case .sumVecField64(let length, let maximum, _, let proofs):
                .sumVecField64(length: length, maxMeasurement: maximum, chunkLength: best, proofs: proofs)
            }
        try changed.checkBounds()
        return changed
    }

    /// The chunk length with the shortest proof for a measurement of `elements` field elements, of each of which the
    /// gadget takes two inputs.
    package static func recommendedChunkLength(elements: Int) -> UInt32 {
        precondition((1...maximumElements).contains(elements), "elements must lie in 1...\(maximumElements)")
        return UInt32(GadgetShape.shortestChunkLength(elements: elements, arity: 2))
    }

    /// Number of coordinates of a report's output.
    package var outputLength: Int {
        switch base {
        case .sumVec(let length, _, _), .histogram(let length, _), .multihotCountVec(let length, _, _),
            .l1BoundSum(let length, _, _), .sumVecField64(let length, _, _, _):
            Int(length)
        case .boundedL2(let dimension, _, _, _): Int(dimension)
        case .count, .sum, .committed: 1
        }
    }

    /// Whether coordinates may be negative.
    package var isSigned: Bool {
        if case .boundedL2 = base { true } else { false }
    }

    /// What an integer of the output stands for: 2^-fractional_bits for vectors of real numbers, else 1.
    package var unit: Double {
        guard case .boundedL2(_, _, let fractionalBits, _) = base else { return 1 }
        return Double(sign: .plus, exponent: -Int(fractionalBits), significand: 1)
    }

    /// M: every coordinate of a valid report's output lies in [0, M], or in [-M, M] where ``isSigned``.
    package var coordinateBound: UInt64 {
        switch base {
        case .sum(let maximum), .sumVec(_, let maximum, _), .l1BoundSum(_, let maximum, _),
            .sumVecField64(_, let maximum, _, _):
            maximum
        case .boundedL2(_, let integerBound, _, _): integerBound
        case .count, .histogram, .multihotCountVec, .committed: 1
        }
    }

    /// L1: the largest Σ_k |x_k - x'_k| between the outputs of two valid reports.
    package var outputDistance: UInt128 {
        switch base {
        case .boundedL2(let dimension, let integerBound, _, _):
            BoundedL2Vector.outputDistance(dimension: Int(dimension), integerBound: integerBound)
        default:
            // No overflow: at most 2^22 coordinates below 2^64 each.
            UInt128(outputLength) * UInt128(coordinateBound)
        }
    }

    /// T: the absolute values of the coordinates of a valid report's output add up to at most T.
    package var sumBound: UInt128 {
        switch base {
        case .count, .histogram, .committed: 1
        case .sum(let maximum), .l1BoundSum(_, let maximum, _): UInt128(maximum)
        case .sumVec(let length, let maximum, _), .sumVecField64(let length, let maximum, _, _):
            UInt128(length) * UInt128(maximum)
        case .multihotCountVec(_, let maxWeight, _): UInt128(maxWeight)
        // Half of the distance between a vector and its opposite.
        case .boundedL2: (outputDistance + 1) / 2
        }
    }

    /// Bytes of an output share without its blind.
    package var outputShareSize: Int {
        outputLength * (fieldModulus == Field64.modulus ? Field64.encodedSize : Field128.encodedSize)
    }

    /// The modulus of the field that the VDAF works in.
    package var fieldModulus: UInt128 {
        switch base {
        case .count, .sum, .sumVecField64: Field64.modulus
        case .boundedL2(_, _, _, let isField128): isField128 ? Field128.modulus : Field64.modulus
        case .sumVec, .histogram, .multihotCountVec, .l1BoundSum, .committed: Field128.modulus
        }
    }
}
