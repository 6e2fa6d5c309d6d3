/// A vector of integers in [0, maximum], summed per coordinate: all bits of all range encodings are bits
/// (VDAF-20 section 7.4.3).
public struct SumVecCircuit<Field: NTTFieldElement>: ValidityCircuit {
    public let measurementLength: Int
    public let outputLength: Int
    public let evaluationOutputLength = 1
    public let gadgets: [GadgetShape]
    private let range: RangeEncoding<Field>
    private let check: BitVectorCheck<Field>

    public var jointRandomnessLength: Int { check.shape.calls }
    public var coordinateBound: UInt128 { UInt128(range.maximum) }

    /// - Throws: `.invalidParameter` for a length or chunk length that is not positive or too large, or a maximum that
    ///   is zero or too large for the field.
    public init(length: Int, maxMeasurement: UInt64, chunkLength: Int) throws(VDAFError) {
        guard length > 0, length <= 1 << 32 else {
            throw .invalidParameter("length must be in 1...2^32, not \(length)")
        }
        range = try RangeEncoding(maximum: maxMeasurement)
        outputLength = length
        measurementLength = length * range.bits
        check = try BitVectorCheck(elements: measurementLength, chunkLength: chunkLength)
        gadgets = [check.shape]
    }

    public func encode(_ measurement: [UInt64]) throws(VDAFError) -> [Field] {
        guard measurement.count == outputLength else {
            throw .invalidMeasurement("expected \(outputLength) coordinates, got \(measurement.count)")
        }
        var encoded = [Field]()
        encoded.reserveCapacity(measurementLength)
        for value in measurement {
            try range.append(value, to: &encoded)
        }
        return encoded
    }

    public func truncate(_ encoded: UnsafeBufferPointer<Field>) -> [Field] {
        range.decodeVector(encoded, count: outputLength)
    }

    public func decode(_ sums: [UInt128], measurementCount: Int) throws(VDAFError) -> [UInt128] {
        sums
    }

    public func evaluateGadget(_ index: Int, _ inputs: UnsafePointer<Field>) -> Field {
        check.evaluateGadget(inputs)
    }

    public func evaluate<Caller: GadgetCaller>(
        _ encoded: UnsafeBufferPointer<Field>, jointRandomness: UnsafeBufferPointer<Field>, shareOfOne: Field,
        caller: inout Caller, into outputs: UnsafeMutablePointer<Field>
    ) where Caller.Field == Field {
        outputs[0] = check.evaluate(
            encoded, jointRandomness: jointRandomness, shareOfOne: shareOfOne, caller: &caller)
    }
}
