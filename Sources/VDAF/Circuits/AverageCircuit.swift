/// The arithmetic mean of integers in [0, maximum]: ``SumCircuit`` in everything that clients and aggregators do, with a
/// division at the end.
public struct AverageCircuit: ValidityCircuit {
    public typealias Field = Field64

    private let sum: SumCircuit

    public var measurementLength: Int { sum.measurementLength }
    public var jointRandomnessLength: Int { sum.jointRandomnessLength }
    public var outputLength: Int { sum.outputLength }
    public var evaluationOutputLength: Int { sum.evaluationOutputLength }
    public var coordinateBound: UInt128 { sum.coordinateBound }
    public var gadgets: [GadgetShape] { sum.gadgets }

    /// - Throws: `.invalidParameter` unless 0 < maxMeasurement < 2^63.
    public init(maxMeasurement: UInt64) throws(VDAFError) {
        sum = try SumCircuit(maxMeasurement: maxMeasurement)
    }

    public func encode(_ measurement: UInt64) throws(VDAFError) -> [Field64] {
        try sum.encode(measurement)
    }

    public func truncate(_ encoded: UnsafeBufferPointer<Field64>) -> [Field64] {
        sum.truncate(encoded)
    }

    /// The sum divided by the number of measurements, rounded as `Double` rounds.
    public func decode(_ sums: [UInt128], measurementCount: Int) throws(VDAFError) -> Double {
        Double(try sum.decode(sums, measurementCount: measurementCount)) / Double(measurementCount)
    }

    public func evaluateGadget(_ index: Int, _ inputs: UnsafePointer<Field64>) -> Field64 {
        sum.evaluateGadget(index, inputs)
    }

    public func evaluate<Caller: GadgetCaller>(
        _ encoded: UnsafeBufferPointer<Field64>, jointRandomness: UnsafeBufferPointer<Field64>, shareOfOne: Field64,
        caller: inout Caller, into outputs: UnsafeMutablePointer<Field64>
    ) where Caller.Field == Field64 {
        sum.evaluate(encoded, jointRandomness: jointRandomness, shareOfOne: shareOfOne, caller: &caller, into: outputs)
    }
}
