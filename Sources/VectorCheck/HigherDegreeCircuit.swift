import VDAF

/// The standard's test circuit with a gadget of degree 3: x·(x - 1)·(x - 2) = 0 for every element.
///
/// No real type uses it. It is here so that the checker can execute its vector, which covers what gadgets of degree 2
/// never reach: gadget polynomials with more than one value left out.
package struct HigherDegreeCircuit: ValidityCircuit {
    package typealias Field = Field64

    package let measurementLength: Int
    package let gadgets: [GadgetShape]
    package let jointRandomnessLength = 0
    package let coordinateBound: UInt128 = 2

    package var outputLength: Int { measurementLength }
    package var evaluationOutputLength: Int { measurementLength }

    /// - Parameter length: Number of elements, 1 in the standard's vector.
    package init(length: Int) throws(VDAFError) {
        gadgets = [try GadgetShape(arity: 1, degree: 3, calls: length)]
        measurementLength = length
    }

    package func encode(_ measurement: [UInt64]) throws(VDAFError) -> [Field64] {
        guard measurement.count == measurementLength, measurement.allSatisfy({ $0 <= 2 }) else {
            throw .invalidMeasurement("expected \(measurementLength) integers in 0...2")
        }
        return measurement.map { Field64($0) }
    }

    package func truncate(_ encoded: UnsafeBufferPointer<Field64>) -> [Field64] {
        Array(encoded)
    }

    package func decode(_ sums: [UInt128], measurementCount: Int) throws(VDAFError) -> [UInt128] {
        sums
    }

    package func evaluateGadget(_ index: Int, _ inputs: UnsafePointer<Field64>) -> Field64 {
        inputs[0] * (inputs[0] - .one) * (inputs[0] - Field64(2))
    }

    package func evaluate<Caller: GadgetCaller>(
        _ encoded: UnsafeBufferPointer<Field64>, jointRandomness: UnsafeBufferPointer<Field64>, shareOfOne: Field64,
        caller: inout Caller, into outputs: UnsafeMutablePointer<Field64>
    ) where Caller.Field == Field64 {
        for (index, element) in encoded.enumerated() {
            caller.inputs(of: 0)[0] = element
            outputs[index] = caller.call(0)
        }
    }
}

/// A single integer, or an array of them for the longer variant.
struct HigherDegreeValues: VectorValues {
    func measurement(_ value: VectorValue) throws -> [UInt64] {
        if case .array = value.value { return try SumVecValues().measurement(value) }
        return [try SumValues().measurement(value)]
    }

    func compare(_ result: [UInt128], _ expected: VectorValue) throws {
        if case .array = expected.value { return try SumVecValues().compare(result, expected) }
        try SumValues().compare(result[0], expected)
    }
}
