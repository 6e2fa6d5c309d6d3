/// A vector of bits of which at most `maxWeight` are set, counted per coordinate (VDAF-20 section 7.4.5).
///
/// The encoding is the vector followed by its weight in range encoding. All elements are bits, hence the stated weight
/// is at most `maxWeight`, and it equals the sum of the vector.
public struct MultihotCountVecCircuit: ValidityCircuit {
    public typealias Field = Field128

    public let measurementLength: Int
    public let outputLength: Int
    public let evaluationOutputLength = 2
    public let coordinateBound: UInt128 = 1
    public let gadgets: [GadgetShape]
    private let weightRange: RangeEncoding<Field128>
    private let check: BitVectorCheck<Field128>

    public var jointRandomnessLength: Int { check.shape.calls }

    /// - Throws: `.invalidParameter` for a length or chunk length that is not positive or too large, or a weight that is
    ///   not in 1...length.
    public init(length: Int, maxWeight: Int, chunkLength: Int) throws(VDAFError) {
        guard length > 0, length <= 1 << 32 else {
            throw .invalidParameter("length must be in 1...2^32, not \(length)")
        }
        guard 1...length ~= maxWeight else {
            throw .invalidParameter("max_weight must be in 1...\(length), not \(maxWeight)")
        }
        weightRange = try RangeEncoding(maximum: UInt64(maxWeight))
        outputLength = length
        measurementLength = length + weightRange.bits
        check = try BitVectorCheck(elements: measurementLength, chunkLength: chunkLength)
        gadgets = [check.shape]
    }

    public func encode(_ measurement: [Bool]) throws(VDAFError) -> [Field128] {
        guard measurement.count == outputLength else {
            throw .invalidMeasurement("expected \(outputLength) coordinates, got \(measurement.count)")
        }
        var encoded = [Field128]()
        encoded.reserveCapacity(measurementLength)
        var weight: UInt64 = 0
        for isSet in measurement {
            let bit = UInt64(bit: isSet)
            weight += bit
            encoded.append(Field128(bit))
        }
        guard weight <= weightRange.maximum else {
            throw .invalidMeasurement("more than \(weightRange.maximum) coordinates are set")
        }
        try weightRange.append(weight, to: &encoded)
        return encoded
    }

    public func truncate(_ encoded: UnsafeBufferPointer<Field128>) -> [Field128] {
        Array(encoded.prefix(outputLength))
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
        var weight = Field128.zero
        for index in 0..<outputLength {
            weight += encoded[index]
        }
        let statedWeight = encoded.baseAddress.map { weightRange.decode($0 + outputLength) } ?? .zero
        outputs[1] = weight - statedWeight
    }
}
