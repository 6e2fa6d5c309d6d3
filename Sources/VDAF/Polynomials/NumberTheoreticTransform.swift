/// The number-theoretic transform: the discrete Fourier transform over a finite field (VDAF-20 section 6.1.3).
///
/// For w a root of unity of order n = 2^k it maps coefficients c to values v[i] = Σ_j c[j]·w^(i·j) and back, in n·k/2
/// butterflies. Two in-place passes are the building blocks: *decimation in frequency* takes natural order to
/// bit-reversed order, *decimation in time* takes bit-reversed order to natural order. Composing the inverse
/// transform by frequency with the forward one by time needs no reordering at all, and that is what moving
/// polynomials to a coset does.
///
/// A transform works on `width` interleaved vectors at once: entry i of vector c is at `values[i * width + c]`. All
/// vectors share each twiddle factor, and memory is read in order.
package struct NumberTheoreticTransform<Field: NTTFieldElement>: Sendable {
    /// n, a power of two.
    package let count: Int

    /// The twiddle factors of the stage with butterflies of half length m are at m..<2m: entry m + j is w_{2m}^j.
    private let forwardTwiddles: [Field.Factor]
    /// The same for the inverse root.
    private let inverseTwiddles: [Field.Factor]
    /// n^-1.
    private let inverseCount: Field.Factor

    /// - Precondition: `countLog2` is at most the field's `rootOrderLog2` and fits memory.
    @specialized(where Field == Field64)
    @specialized(where Field == Field128)
    package init(countLog2: Int) {
        count = 1 << countLog2
        let root = Field.rootOfUnity(orderLog2: countLog2)
        forwardTwiddles = Self.twiddles(count: count, root: root)
        inverseTwiddles = Self.twiddles(count: count, root: root.inverted())
        inverseCount = Field.Factor(Field(UInt64(count)).inverted())
    }

    private static func twiddles(count: Int, root: Field) -> [Field.Factor] {
        let root = Field.Factor(root)
        var table = [Field.Factor](repeating: .one, count: max(count, 2))
        var half = count / 2
        if half >= 1 {
            for j in 1..<max(half, 1) {
                table[half + j] = table[half + j - 1] * root
            }
        }
        // The factors of a shorter stage are every other one of the next longer stage.
        while half > 1 {
            for j in 0..<half / 2 {
                table[half / 2 + j] = table[half + 2 * j]
            }
            half /= 2
        }
        return table
    }

    /// Coefficients to values at the powers of the root, both in natural order.
    @specialized(where Field == Field64)
    @specialized(where Field == Field128)
    package func forward(_ coefficients: [Field]) -> [Field] {
        precondition(coefficients.count == count)
        var values = bitReversed(coefficients)
        values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            decimateInTime(base, width: 1)
        }
        return values
    }

    /// Values at the powers of the root to coefficients, both in natural order.
    @specialized(where Field == Field64)
    @specialized(where Field == Field128)
    package func inverse(_ values: [Field]) -> [Field] {
        precondition(values.count == count)
        var coefficients = values
        coefficients.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            decimateInFrequencyInverse(base, width: 1)
            for index in 0..<buffer.count {
                buffer[index] = buffer[index] * inverseCount
            }
        }
        return bitReversed(coefficients)
    }

    /// For each i, in bit-reversed order, `shift^i / n`: what takes unscaled inverse-transformed coefficients of P(x)
    /// to the coefficients of P(shift·x).
    func cosetFactors(shift: Field) -> [Field.Factor] {
        let shift = Field.Factor(shift)
        var factors = [Field.Factor]()
        factors.reserveCapacity(count)
        var power = inverseCount
        for _ in 0..<count {
            factors.append(power)
            power = power * shift
        }
        return bitReversed(factors)
    }

    /// Replaces values of `width` polynomials at w^i by their values at shift·w^i.
    ///
    /// - Parameter factors: `cosetFactors(shift:)`.
    @inline(__always)
    func moveToCoset(_ values: UnsafeMutablePointer<Field>, width: Int, factors: [Field.Factor]) {
        if width == 1 {
            // Compiled for itself, without inner loops.
            move(values, width: 1, factors: factors)
        } else {
            move(values, width: width, factors: factors)
        }
    }

    @inline(__always)
    private func move(_ values: UnsafeMutablePointer<Field>, width: Int, factors: [Field.Factor]) {
        decimateInFrequencyInverse(values, width: width)
        factors.withUnsafeBufferPointer { factors in
            for row in 0..<count {
                let factor = factors[row]
                let start = values + row &* width
                for column in 0..<width {
                    start[column] = start[column] * factor
                }
            }
        }
        decimateInTime(values, width: width)
    }

    /// Gentleman-Sande butterflies with the inverse root: natural order in, bit-reversed order out, not divided by n.
    @inline(__always)
    private func decimateInFrequencyInverse(_ values: UnsafeMutablePointer<Field>, width: Int) {
        inverseTwiddles.withUnsafeBufferPointer { twiddles in
            var half = count / 2
            while half >= 1 {
                forEachBlock(half: half) { start in
                    let upper = values + start &* width
                    let lower = upper + half &* width
                    butterfliesWithoutTwiddle(upper, lower, width: width)
                    for j in 1..<half {
                        let twiddle = twiddles[half &+ j]
                        for index in j &* width..<(j &+ 1) &* width {
                            let (a, b) = (upper[index], lower[index])
                            upper[index] = a + b
                            lower[index] = (a - b) * twiddle
                        }
                    }
                }
                half /= 2
            }
        }
    }

    /// Cooley-Tukey butterflies: bit-reversed order in, natural order out.
    @inline(__always)
    private func decimateInTime(_ values: UnsafeMutablePointer<Field>, width: Int) {
        forwardTwiddles.withUnsafeBufferPointer { twiddles in
            var half = 1
            while half < count {
                forEachBlock(half: half) { start in
                    let upper = values + start &* width
                    let lower = upper + half &* width
                    butterfliesWithoutTwiddle(upper, lower, width: width)
                    for j in 1..<half {
                        let twiddle = twiddles[half &+ j]
                        for index in j &* width..<(j &+ 1) &* width {
                            let (a, b) = (upper[index], lower[index] * twiddle)
                            upper[index] = a + b
                            lower[index] = a - b
                        }
                    }
                }
                half *= 2
            }
        }
    }

    /// The first rows of the blocks of a stage, 2·half rows each.
    @inline(__always)
    private func forEachBlock(half: Int, _ body: (Int) -> Void) {
        var start = 0
        while start < count {
            body(start)
            start &+= 2 &* half
        }
    }

    /// A block's butterflies for j = 0, whose twiddle factor is 1: more than a quarter of all in a short transform.
    @inline(__always)
    private func butterfliesWithoutTwiddle(
        _ upper: UnsafeMutablePointer<Field>, _ lower: UnsafeMutablePointer<Field>, width: Int
    ) {
        for column in 0..<width {
            let (a, b) = (upper[column], lower[column])
            upper[column] = a + b
            lower[column] = a - b
        }
    }

    private func bitReversed<Element>(_ elements: [Element]) -> [Element] {
        let shift = UInt64(count.leadingZeroBitCount + 1)
        guard count > 1 else { return elements }
        return (0..<count).map { elements[Int(truncatingIfNeeded: UInt64($0).bitReversed >> shift)] }
    }
}

extension UInt64 {
    /// The 64 bits in opposite order.
    fileprivate var bitReversed: UInt64 {
        var x = byteSwapped
        x = (x >> 4) & 0x0F0F_0F0F_0F0F_0F0F | (x & 0x0F0F_0F0F_0F0F_0F0F) << 4
        x = (x >> 2) & 0x3333_3333_3333_3333 | (x & 0x3333_3333_3333_3333) << 2
        return (x >> 1) & 0x5555_5555_5555_5555 | (x & 0x5555_5555_5555_5555) << 1
    }
}
