/// One of `length` buckets, counted per bucket: all elements are bits, and they sum to 1 (VDAF-20 section 7.4.4).
public struct HistogramCircuit: ValidityCircuit {
    public typealias Field = Field128

    /// Elements, outputs, and buckets: all the same number.
    public let measurementLength: Int
    public let evaluationOutputLength = 2
    public let coordinateBound: UInt128 = 1
    public let gadgets: [GadgetShape]
    private let check: BitVectorCheck<Field128>

    public var outputLength: Int { measurementLength }
    public var jointRandomnessLength: Int { check.shape.calls }

    /// - Throws: `.invalidParameter` for a length or chunk length that is not positive or too large.
    public init(length: Int, chunkLength: Int) throws(VDAFError) {
        guard length > 0, length <= 1 << 32 else {
            throw .invalidParameter("length must be in 1...2^32, not \(length)")
        }
        measurementLength = length
        check = try BitVectorCheck(elements: length, chunkLength: chunkLength)
        gadgets = [check.shape]
    }

    public func encode(_ measurement: Int) throws(VDAFError) -> [Field128] {
        guard 0..<measurementLength ~= measurement else {
            throw .invalidMeasurement(
                "there is no such bucket; buckets are numbered from 0 to \(measurementLength - 1)")
        }
        return (0..<measurementLength).map { bucket in
            // Without a data-dependent branch or address: the difference is zero for one bucket only.
            let difference = UInt64(bitPattern: Int64(bucket ^ measurement))
            return Field128(1 ^ (difference | (0 &- difference)) >> 63)
        }
    }

    public func truncate(_ encoded: UnsafeBufferPointer<Field128>) -> [Field128] {
        Array(encoded)
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
        var sumCheck = -shareOfOne
        for element in encoded {
            sumCheck += element
        }
        outputs[1] = sumCheck
    }
}
