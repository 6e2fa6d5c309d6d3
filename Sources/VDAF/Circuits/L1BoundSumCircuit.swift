/// A vector of integers whose sum, its L1 norm, is in [0, maximum], summed per coordinate (draft-ietf-ppm-l1-bound-sum-02
/// section 3).
///
/// The encoding is that of every coordinate and then of the norm, all in range encoding with the same maximum. All
/// elements are bits, and the stated norm equals the sum of the coordinates: not only in the field but as integers,
/// because 2^32 coordinates below 2^64 are far from wrapping around.
public struct L1BoundSumCircuit: ValidityCircuit {
    public typealias Field = Field128

    public let measurementLength: Int
    public let outputLength: Int
    public let evaluationOutputLength = 2
    public let gadgets: [GadgetShape]
    private let range: RangeEncoding<Field128>
    private let check: BitVectorCheck<Field128>

    public var jointRandomnessLength: Int { check.shape.calls }
    public var coordinateBound: UInt128 { UInt128(range.maximum) }

    /// - Throws: `.invalidParameter` for a length or chunk length that is not positive or too large, or a maximum of
    ///   zero.
    public init(length: Int, maxValue: UInt64, chunkLength: Int) throws(VDAFError) {
        guard length > 0, length <= 1 << 32 else {
            throw .invalidParameter("length must be in 1...2^32, not \(length)")
        }
        range = try RangeEncoding(maximum: maxValue)
        outputLength = length
        measurementLength = (length + 1) * range.bits
        check = try BitVectorCheck(elements: measurementLength, chunkLength: chunkLength)
        gadgets = [check.shape]
    }

    public func encode(_ measurement: [UInt64]) throws(VDAFError) -> [Field128] {
        guard measurement.count == outputLength else {
            throw .invalidMeasurement("expected \(outputLength) coordinates, got \(measurement.count)")
        }
        var encoded = [Field128]()
        encoded.reserveCapacity(measurementLength)
        var norm: UInt128 = 0
        for value in measurement {
            norm += UInt128(value)
            try range.append(value, to: &encoded)
        }
        guard norm <= UInt128(range.maximum) else {
            throw .invalidMeasurement("the coordinates sum to more than \(range.maximum)")
        }
        try range.append(UInt64(norm), to: &encoded)
        return encoded
    }

    public func truncate(_ encoded: UnsafeBufferPointer<Field128>) -> [Field128] {
        range.decodeVector(encoded, count: outputLength)
    }

    public func decode(_ sums: [UInt128], measurementCount: Int) throws(VDAFError) -> [UInt128] {
        sums
    }

    public func evaluateGadget(_ index: Int, _ inputs: UnsafePointer<Field128>) -> Field128 {
        check.evaluateGadget(inputs)
    }

    public func evaluate<Caller: GadgetCaller>(
        _ encoded: UnsafeBufferPointer<Field128>, jointRandomness: UnsafeBufferPointer<Field128>,
        shareOfOne: Field128, caller: inout Caller, into outputs: UnsafeMutablePointer<Field128>
    ) where Caller.Field == Field128 {
        outputs[0] = check.evaluate(
            encoded, jointRandomness: jointRandomness, shareOfOne: shareOfOne, caller: &caller)
        outputs[1] = normCheck(encoded)
    }

    /// The sum of the coordinates less the stated norm.
    ///
    /// Decoding is linear and the same for all coordinates, so their elements are added up bit by bit first: one
    /// decoding in the end instead of one per coordinate.
    private func normCheck(_ encoded: UnsafeBufferPointer<Field128>) -> Field128 {
        var bitSums = [Field128](repeating: .zero, count: range.bits)
        bitSums.withUnsafeMutableBufferPointer { bitSums in
            var position = 0
            for _ in 0..<outputLength {
                for bit in 0..<bitSums.count {
                    bitSums[bit] += encoded[position &+ bit]
                }
                position &+= bitSums.count
            }
            for bit in 0..<bitSums.count {
                bitSums[bit] -= encoded[position &+ bit]
            }
        }
        return bitSums.withUnsafeBufferPointer { bitSums in
            bitSums.baseAddress.map { range.decode($0) } ?? .zero
        }
    }
}
