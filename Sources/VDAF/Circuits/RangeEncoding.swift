/// Integers in [0, maximum] as vectors of bits, for any maximum (VDAF-20 section 7.4.2, `encode_range_checked_int`).
///
/// With k bits, the first k - 1 weigh 1, 2, …, 2^(k-2), and the last weighs what is missing to `maximum`. All sums of
/// weights are then in [0, maximum] and all these integers are such sums, so 'every element is a bit' proves the
/// range.
struct RangeEncoding<Field: NTTFieldElement>: Sendable {
    let maximum: UInt64
    /// k, the bit length of `maximum`.
    let bits: Int
    private let lastWeight: UInt64
    private let lastFactor: Field.Factor

    /// - Throws: `.invalidParameter` unless 0 < maximum and 2^bits < p.
    init(maximum: UInt64) throws(VDAFError) {
        guard maximum > 0 else {
            throw .invalidParameter("the largest measurement must be at least 1")
        }
        bits = UInt64.bitWidth - maximum.leadingZeroBitCount
        guard UInt128(1) << UInt128(bits) < Field.modulus else {
            throw .invalidParameter(
                "the largest measurement \(maximum) is too large for a \(Field.encodedSize * 8)-bit field")
        }
        self.maximum = maximum
        lastWeight = maximum - ((1 << UInt64(bits - 1)) - 1)
        lastFactor = Field.Factor(Field(lastWeight))
    }

    /// Appends the encoding of `value`, in time independent of it. Values that have two encodings get the one with a
    /// last bit of 0.
    func append(_ value: UInt64, to encoded: inout [Field]) throws(VDAFError) {
        guard value <= maximum else {
            throw .invalidMeasurement("the value is above the largest measurement \(maximum)")
        }
        let (_, needsLast) = (((1 as UInt64) << UInt64(bits - 1)) - 1).subtractingReportingOverflow(value)
        let last = UInt64(bit: needsLast)
        let rest = value &- ((0 &- last) & lastWeight)
        for bit in 0..<UInt64(bits - 1) {
            encoded.append(Field(rest >> bit & 1))
        }
        encoded.append(Field(last))
    }

    /// The weighted sum of `bits` elements. Linear, so that it works on shares.
    ///
    /// The powers of two are not multiplied with but doubled, from the top, in a wide integer that is reduced once.
    @inline(__always)
    func decode(_ elements: UnsafePointer<Field>) -> Field {
        var sum = Field.BinarySum()
        var index = bits &- 2
        while index >= 0 {
            sum.double(adding: elements[index])
            index &-= 1
        }
        return sum.reduced() + elements[bits &- 1] * lastFactor
    }

    /// The first `count` integers of an encoded vector.
    func decodeVector(_ encoded: UnsafeBufferPointer<Field>, count: Int) -> [Field] {
        // A single bit is its own value.
        guard bits > 1 else { return Array(encoded.prefix(count)) }
        return [Field](unsafeUninitializedCapacity: count) { target, written in
            guard let base = encoded.baseAddress else { return }
            for index in 0..<count {
                target.initializeElement(at: index, to: decode(base + index &* bits))
            }
            written = count
        }
    }
}
