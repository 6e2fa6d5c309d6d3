/// An integer in [0, maximum], summed: every bit b of its range encoding satisfies b² - b = 0 (VDAF-20 section
/// 7.4.2).
///
/// There is no joint randomness; instead the circuit has an output per bit, which the verifiers combine at random.
public struct SumCircuit: ValidityCircuit {
    public typealias Field = Field64

    public let measurementLength: Int
    public let jointRandomnessLength = 0
    public let outputLength = 1
    public let gadgets: [GadgetShape]
    private let range: RangeEncoding<Field64>
    private let gadget = PolyEval(coefficients: [.zero, -Field64.one, .one])

    public var evaluationOutputLength: Int { measurementLength }
    public var coordinateBound: UInt128 { UInt128(range.maximum) }

    /// - Throws: `.invalidParameter` unless 0 < maxMeasurement < 2^63.
    public init(maxMeasurement: UInt64) throws(VDAFError) {
        range = try RangeEncoding(maximum: maxMeasurement)
        measurementLength = range.bits
        gadgets = [try GadgetShape(arity: gadget.arity, degree: gadget.degree, calls: range.bits)]
    }

    public func encode(_ measurement: UInt64) throws(VDAFError) -> [Field64] {
        var encoded = [Field64]()
        encoded.reserveCapacity(measurementLength)
        try range.append(measurement, to: &encoded)
        return encoded
    }

    public func truncate(_ encoded: UnsafeBufferPointer<Field64>) -> [Field64] {
        encoded.baseAddress.map { [range.decode($0)] } ?? []
    }

    public func decode(_ sums: [UInt128], measurementCount: Int) throws(VDAFError) -> UInt128 {
        sums[0]
    }

    public func evaluateGadget(_ index: Int, _ inputs: UnsafePointer<Field64>) -> Field64 {
        gadget.evaluate(inputs)
    }

    public func evaluate<Caller: GadgetCaller>(
        _ encoded: UnsafeBufferPointer<Field64>, jointRandomness: UnsafeBufferPointer<Field64>, shareOfOne: Field64,
        caller: inout Caller, into outputs: UnsafeMutablePointer<Field64>
    ) where Caller.Field == Field64 {
        for index in 0..<encoded.count {
            caller.inputs(of: 0)[0] = encoded[index]
            outputs[index] = caller.call(0)
        }
    }
}
