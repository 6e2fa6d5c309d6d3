import VDAF

/// Nanoseconds of the field operations that proofs are made of, in the best case: operands in the first-level cache, and
/// no operation waiting for another's result.
enum FieldRate<Field: NTTFieldElement> {
    private static var count: Int { 512 }

    private static func elements() -> [Field] {
        var stream = XofTurboShake128(seed: [UInt8](repeating: 7, count: 32), domainSeparationTag: [2])
        return stream.nextVector(count)
    }

    static func accumulate() -> Double {
        let elements = elements()
        let factors = elements.map { Field.Factor($0) }
        var check = Field.zero
        let seconds = fastest { check += FieldLoops.sumOfProducts(elements, factors) }
        precondition(check != .zero, "a sum of random products is zero")
        return seconds / Double(count) * 1e9
    }

    static func multiply() -> Double {
        var elements = elements()
        let factors = elements.map { Field.Factor($0) }
        let seconds = fastest { FieldLoops.multiply(&elements, by: factors) }
        precondition(elements.contains { $0 != .zero }, "random products are zero")
        return seconds / Double(count) * 1e9
    }

    /// The transforms of 64 polynomials with 128 values, as proving does them for a gadget of degree 2.
    static func transformMultiply() -> Double {
        let (calls, columns) = (127, 64)
        guard let shape = try? GadgetShape(arity: columns, degree: 2, calls: calls) else { return .nan }
        let plan = GadgetPlan<Field>(shape: shape)
        let rows = shape.wireLength
        var values = [Field](repeating: Field(3), count: rows * columns)
        let seconds = values.withUnsafeMutableBufferPointer { values in
            values.baseAddress.map { base in fastest { plan.moveToCoset(1, from: base, to: base) } } ?? .nan
        }
        return seconds / Double(columns * (rows * shape.wireLengthLog2 + rows)) * 1e9
    }
}

/// The loops, compiled for each field.
private enum FieldLoops {
    /// Σ a_i·b_i, in four sums.
    @specialized(where Field == Field64)
    @specialized(where Field == Field128)
    static func sumOfProducts<Field: NTTFieldElement>(_ a: [Field], _ b: [Field.Factor]) -> Field {
        var sums = (Field.ProductSum(), Field.ProductSum(), Field.ProductSum(), Field.ProductSum())
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                for index in stride(from: 0, to: a.count & ~3, by: 4) {
                    sums.0.add(a[index], times: b[index])
                    sums.1.add(a[index &+ 1], times: b[index &+ 1])
                    sums.2.add(a[index &+ 2], times: b[index &+ 2])
                    sums.3.add(a[index &+ 3], times: b[index &+ 3])
                }
            }
        }
        return (sums.0.weighted() + sums.1.weighted()) + (sums.2.weighted() + sums.3.weighted())
    }

    /// a_i *= b_i.
    @specialized(where Field == Field64)
    @specialized(where Field == Field128)
    static func multiply<Field: NTTFieldElement>(_ a: inout [Field], by b: [Field.Factor]) {
        a.withUnsafeMutableBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                for index in 0..<a.count { a[index] = a[index] * b[index] }
            }
        }
    }
}
