import VDAF

/// Nanoseconds of the field operations that proofs are made of, in the best case: operands in the first-level cache, and
/// no operation waiting for another's result.
enum FieldRate<Field: NTTFieldElement> {
    private static var count: Int { 512 }

    private static func elements(_ count: Int) -> [Field] {
        var stream = XofTurboShake128(seed: [UInt8](repeating: 7, count: 32), domainSeparationTag: [2])
        return stream.nextVector(count)
    }

    static func accumulate() -> Double {
        var elements = elements(count)
        let factors = elements.map { Field.Factor($0) }
        // Each sum goes into the next, so that none can be left out.
        let seconds = fastest { elements[0] += FieldLoops.sumOfProducts(elements, factors) }
        precondition(elements[0] != .zero, "a sum of random products is zero")
        return seconds / Double(count) * 1e9
    }

    /// In registers or from memory, whichever is faster.
    static func multiply() -> Double {
        var powers = elements(4).map { Field.Factor($0) }
        let factor = powers[0]
        let inRegisters = fastest { FieldLoops.advance(&powers, by: factor, steps: count / 4, Field.self) }
        var products = elements(count)
        let factors = products.map { Field.Factor($0) }
        let fromMemory = fastest { FieldLoops.multiply(&products, by: factors) }
        precondition(powers[0].element != .zero && products[0] != .zero, "a product of random elements is zero")
        return min(inRegisters, fromMemory) / Double(count) * 1e9
    }

    /// The transforms of 64 polynomials with 128 values, as proving does them for a gadget of degree 2.
    static func transformMultiply() -> Double {
        let (calls, columns) = (127, 64)
        guard let shape = try? GadgetShape(arity: columns, degree: 2, calls: calls) else { return .nan }
        let plan = GadgetPlan<Field>(shape: shape)
        let rows = shape.wireLength
        var values = elements(rows * columns)
        let seconds = values.withUnsafeMutableBufferPointer { values in
            values.baseAddress.map { base in fastest { plan.moveToCoset(1, from: base, to: base) } } ?? .nan
        }
        return seconds / Double(columns * (rows * shape.wireLengthLog2 + rows)) * 1e9
    }
}

/// The loops, compiled for each field.
private enum FieldLoops {
    /// Σ a_i·b_i, in two sums: one would wait for its own carries, and four do not fit into registers.
    @specialized(where Field == Field64)
    @specialized(where Field == Field128)
    static func sumOfProducts<Field: NTTFieldElement>(_ a: [Field], _ b: [Field.Factor]) -> Field {
        var (first, second) = (Field.ProductSum(), Field.ProductSum())
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                for index in stride(from: 0, to: a.count & ~1, by: 2) {
                    first.add(a[index], times: b[index])
                    second.add(a[index &+ 1], times: b[index &+ 1])
                }
            }
        }
        return first.weighted() + second.weighted()
    }

    /// Multiplies four factors by another, `steps` times, as verification does it with the powers of the joint
    /// randomness.
    @specialized(where Field == Field64)
    @specialized(where Field == Field128)
    static func advance<Field: NTTFieldElement>(
        _ powers: inout [Field.Factor], by factor: Field.Factor, steps: Int, _: Field.Type
    ) {
        var (p0, p1, p2, p3) = (powers[0], powers[1], powers[2], powers[3])
        for _ in 0..<steps {
            p0 = p0 * factor
            p1 = p1 * factor
            p2 = p2 * factor
            p3 = p3 * factor
        }
        powers = [p0, p1, p2, p3]
    }

    /// a_i = a_i·b_i.
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
