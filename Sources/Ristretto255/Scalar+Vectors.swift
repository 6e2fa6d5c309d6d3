/// What proofs over long vectors do with scalars: many products with one factor, inner products, many inverses.
extension Scalar {
    /// The four words of each scalar, least significant first, back to back.
    package static func words(of scalars: [Scalar]) -> [UInt64] {
        var words: [UInt64] = []
        words.reserveCapacity(4 * scalars.count)
        for scalar in scalars {
            words.append(scalar.w0)
            words.append(scalar.w1)
            words.append(scalar.w2)
            words.append(scalar.w3)
        }
        return words
    }

    /// A scalar that is going to multiply many others.
    ///
    /// It is kept multiplied by R = 2^256, so that one Montgomery product is the product that is wanted: two thirds of a
    /// `*`.
    package struct Factor: Sendable {
        private let scaled: Words256.Value

        package init(_ scalar: Scalar) {
            scaled = Words256.montgomeryProduct(scalar.asWords, Words256.radixSquared)
        }

        package static func * (factor: Factor, scalar: Scalar) -> Scalar {
            Scalar(Words256.montgomeryProduct(scalar.asWords, factor.scaled))
        }
    }

    /// low + factor·high, element by element; where `high` is shorter, its missing elements are zero.
    ///
    /// - Precondition: `high` is not longer than `low`.
    package static func fold(
        _ low: ArraySlice<Scalar>, _ factor: Scalar, _ high: ArraySlice<Scalar>
    ) -> [Scalar] {
        precondition(high.count <= low.count, "the second part is not longer than the first")
        let factor = Factor(factor)
        var result = Array(low)
        result.withUnsafeMutableBufferPointer { result in
            high.withUnsafeBufferPointer { high in
                for index in 0..<high.count {
                    result[index] = result[index] + factor * high[index]
                }
            }
        }
        return result
    }

    /// factor·value for every value.
    package static func products(_ factor: Scalar, _ values: ArraySlice<Scalar>) -> [Scalar] {
        let factor = Factor(factor)
        return values.withUnsafeBufferPointer { values in
            [Scalar](unsafeUninitializedCapacity: values.count) { products, initialized in
                for index in 0..<values.count {
                    products.initializeElement(at: index, to: factor * values[index])
                }
                initialized = values.count
            }
        }
    }

    /// Adds values to the first elements of `sums`.
    ///
    /// - Precondition: no more values than sums.
    package static func add(_ values: [Scalar], to sums: inout [Scalar]) {
        precondition(values.count <= sums.count, "every value has a sum")
        sums.withUnsafeMutableBufferPointer { sums in
            values.withUnsafeBufferPointer { values in
                for index in 0..<values.count {
                    sums[index] = sums[index] + values[index]
                }
            }
        }
    }

    /// Σ a_k·b_k over the shorter one's length, reduced once at the end.
    package static func innerProduct(_ a: ArraySlice<Scalar>, _ b: ArraySlice<Scalar>) -> Scalar {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                var sum = WideSum()
                for index in 0..<min(a.count, b.count) {
                    sum.add(a[index].asWords, b[index].asWords)
                }
                return sum.reduced
            }
        }
    }

    /// factor^0, factor^1, …
    package static func powers(of factor: Scalar, count: Int) -> [Scalar] {
        let step = Factor(factor)
        var powers: [Scalar] = []
        powers.reserveCapacity(count)
        var power = Scalar.one
        for _ in 0..<count {
            powers.append(power)
            power = step * power
        }
        return powers
    }

    /// The inverses of many nonzero scalars for one inversion and three products each (Montgomery's trick).
    package static func inverses(of scalars: [Scalar]) -> [Scalar] {
        var prefixes: [Scalar] = []
        prefixes.reserveCapacity(scalars.count)
        var product = Scalar.one
        for scalar in scalars {
            prefixes.append(product)
            product *= scalar
        }
        var suffixInverse = product.inverted()
        for index in scalars.indices.reversed() {
            prefixes[index] *= suffixInverse
            suffixInverse *= scalars[index]
        }
        return prefixes
    }
}

/// A sum of products of scalars, in 576 bits: room for 2^64 of them.
///
/// Scalars are below 2^253, so that a row's last carry is at most 2^61 and what is added to it does not overflow.
private struct WideSum {
    private var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) =
        (0, 0, 0, 0, 0, 0, 0, 0, 0)

    /// sum + x·y + carry, whose high word becomes the new carry; 2^128 - 1 is the largest it can be.
    @inline(__always)
    private static func multiplyAdd(_ sum: inout UInt64, _ x: UInt64, _ y: UInt64, _ carry: inout UInt64) {
        let product = x.multipliedFullWidth(by: y)
        let total =
            UInt128(_low: product.low, _high: product.high) &+ UInt128(_low: sum, _high: 0)
            &+ UInt128(_low: carry, _high: 0)
        carry = total._high
        sum = total._low
    }

    @inline(__always)
    private static func add(_ sum: inout UInt64, _ carry: inout UInt64) {
        let (total, overflow) = sum.addingReportingOverflow(carry)
        sum = total
        carry = overflow ? 1 : 0
    }

    @inline(__always)
    mutating func add(_ a: Words256.Value, _ b: Words256.Value) {
        var carry: UInt64 = 0
        Self.multiplyAdd(&words.0, a.0, b.0, &carry)
        Self.multiplyAdd(&words.1, a.0, b.1, &carry)
        Self.multiplyAdd(&words.2, a.0, b.2, &carry)
        Self.multiplyAdd(&words.3, a.0, b.3, &carry)
        // Carries of the rows wait for the word that the next row reaches.
        var late = carry
        carry = 0
        Self.multiplyAdd(&words.1, a.1, b.0, &carry)
        Self.multiplyAdd(&words.2, a.1, b.1, &carry)
        Self.multiplyAdd(&words.3, a.1, b.2, &carry)
        Self.multiplyAdd(&words.4, a.1, b.3, &carry)
        Self.add(&words.4, &late)
        late &+= carry
        carry = 0
        Self.multiplyAdd(&words.2, a.2, b.0, &carry)
        Self.multiplyAdd(&words.3, a.2, b.1, &carry)
        Self.multiplyAdd(&words.4, a.2, b.2, &carry)
        Self.multiplyAdd(&words.5, a.2, b.3, &carry)
        Self.add(&words.5, &late)
        late &+= carry
        carry = 0
        Self.multiplyAdd(&words.3, a.3, b.0, &carry)
        Self.multiplyAdd(&words.4, a.3, b.1, &carry)
        Self.multiplyAdd(&words.5, a.3, b.2, &carry)
        Self.multiplyAdd(&words.6, a.3, b.3, &carry)
        Self.add(&words.6, &late)
        late &+= carry
        Self.add(&words.7, &late)
        words.8 &+= late
    }

    /// The sum modulo ℓ.
    var reduced: Scalar {
        let low: Words256.Value = (words.0, words.1, words.2, words.3)
        let high: Words256.Value = (words.4, words.5, words.6, words.7)
        let top = Scalar(Words256.montgomeryProduct((words.8, 0, 0, 0), Words256.radixSquared))
        return Scalar(reducingLow: low, high: high)
            + Scalar(Words256.montgomeryProduct(top.asWords, Words256.radixSquared))
    }
}
