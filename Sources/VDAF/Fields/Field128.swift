/// The field of p = 2^128 - 28·2^64 + 1 elements ('Field128' in VDAF-20 section 6.1.4, p = 2^66·(2^62 - 7) + 1).
///
/// Elements are kept as their canonical integers in [0, p), low limb first, so that on little-endian machines the
/// memory of a vector is its encoding: expanding, hashing and decoding shares move bytes and convert nothing.
///
/// Multiplication is Montgomery's with R = 2^128. It turns a and b into a·b/R, so one of the two has to carry a factor
/// R, and in every hot loop one of the two is known beforehand or used many times: a twiddle factor, a Lagrange weight,
/// a power of the randomness. Those are ``Factor``s, x·R mod p.
///
/// The prime makes Montgomery reduction unusually cheap. As p = 1 (mod 2^64), the quotient digit of each of the two
/// steps is the lowest limb itself, and subtracting digit·p costs one multiplication by 28 and no other:
///
///     (T - t0·p) / 2^64 = (T >> 64) + 28·t0 - t0·2^64.
///
/// Corrections are masks that stay masks (`ConstantTime.swift`), so the time of every operation is independent of the
/// values.
public struct Field128: NTTFieldElement {
    @usableFromInline var low: UInt64
    @usableFromInline var high: UInt64

    @inlinable @inline(__always)
    init(canonical value: UInt128) {
        low = UInt64(truncatingIfNeeded: value)
        high = UInt64(truncatingIfNeeded: value >> 64)
    }

    @inlinable @inline(__always)
    var integer: UInt128 { UInt128(high) << 64 | UInt128(low) }

    @usableFromInline static let primeHigh: UInt64 = 0xFFFF_FFFF_FFFF_FFE4
    @inlinable @inline(__always)
    static var prime: UInt128 { UInt128(0xFFFF_FFFF_FFFF_FFE4 as UInt64) << 64 | 1 }
    /// R^2 mod p. From R = 28·2^64 - 1: R^2 = 784·R - 56·2^64 + 1 = 21896·2^64 - 783.
    @inlinable @inline(__always)
    static var squaredRadix: UInt128 { 21896 << 64 - 783 }

    public static let encodedSize = 16
    public static let modulus = prime
    public static let rootOrderLog2 = 66
    /// 7^(2^62 - 7): 7 generates the multiplicative group, and (p - 1) / (2^62 - 7) = 2^66.
    public static let rootGenerator = Field128(7).raised(to: 4_611_686_018_427_387_897)

    @inlinable
    public static var zero: Field128 { Field128(canonical: 0) }
    @inlinable
    public static var one: Field128 { Field128(canonical: 1) }

    @inlinable @inline(__always)
    public init(_ value: UInt64) {
        low = value
        high = 0
    }

    @inlinable @inline(__always)
    public init(reducing value: UInt128) {
        let (difference, borrow) = value.subtractingReportingOverflow(Field128.prime)
        self.init(canonical: Field128.addPrime(difference, if: borrow))
    }

    @inlinable
    public var canonicalValue: UInt128 { integer }

    @inlinable @inline(__always)
    public static func + (a: Field128, b: Field128) -> Field128 {
        let (difference, borrow) = a.integer.subtractingReportingOverflow(prime &- b.integer)
        return Field128(canonical: addPrime(difference, if: borrow))
    }

    @inlinable @inline(__always)
    public static func - (a: Field128, b: Field128) -> Field128 {
        let (difference, borrow) = a.integer.subtractingReportingOverflow(b.integer)
        return Field128(canonical: addPrime(difference, if: borrow))
    }

    /// Two multiplications, of which the first makes a factor of `b`.
    @inlinable @inline(__always)
    public static func * (a: Field128, b: Field128) -> Field128 {
        a * Factor(b)
    }

    @inlinable @inline(__always)
    public static func * (a: Field128, b: Factor) -> Field128 {
        montgomeryProduct(a, b.scaled)
    }

    @inlinable @inline(__always)
    static func montgomeryProduct(_ a: Field128, _ b: Field128) -> Field128 {
        let product = multiplyFull(a.integer, b.integer)
        return reduce(high: product.high, low: product.low)
    }

    /// Fermat: a^(p-2).
    public func inverted() -> Field128 {
        raised(to: Field128.modulus - 2)
    }

    /// `value + p` mod 2^128 if `flag` is set, else `value`.
    @inlinable @inline(__always)
    static func addPrime(_ value: UInt128, if flag: Bool) -> UInt128 {
        let mask = UInt64(mask: flag)
        return value &+ (UInt128(mask & 0xFFFF_FFFF_FFFF_FFE4) << 64 | UInt128(mask & 1))
    }

    /// The 256-bit product, schoolbook.
    @inlinable @inline(__always)
    static func multiplyFull(_ a: UInt128, _ b: UInt128) -> (high: UInt128, low: UInt128) {
        let (a0, a1) = (UInt64(truncatingIfNeeded: a), UInt64(truncatingIfNeeded: a >> 64))
        let (b0, b1) = (UInt64(truncatingIfNeeded: b), UInt64(truncatingIfNeeded: b >> 64))
        let p00 = a0.multipliedFullWidth(by: b0)
        let p01 = a0.multipliedFullWidth(by: b1)
        let p10 = a1.multipliedFullWidth(by: b0)
        let p11 = a1.multipliedFullWidth(by: b1)
        let middle = UInt128(p00.high) &+ UInt128(p01.low) &+ UInt128(p10.low)
        let high =
            (UInt128(p11.high) << 64 | UInt128(p11.low))
            &+ UInt128(p01.high) &+ UInt128(p10.high) &+ (middle >> 64)
        return (high, middle << 64 | UInt128(p00.low))
    }

    /// (high·2^128 + low) / 2^128 (mod p), canonical if high < p.
    ///
    /// With q the two quotient digits, z = q·p >> 128 is q1·2^64 + t0 - (28·q1 + carry terms) and lies in [0, p), the
    /// low halves of T and q·p are equal by the choice of q, and so (T - q·p) / 2^128 = high - z exactly.
    @inlinable @inline(__always)
    static func reduce(high: UInt128, low: UInt128) -> Field128 {
        let (difference, borrow) = high.subtractingReportingOverflow(quotientHigh(low))
        return Field128(canonical: addPrime(difference, if: borrow))
    }

    @inlinable @inline(__always)
    static func quotientHigh(_ low: UInt128) -> UInt128 {
        let t0 = UInt64(truncatingIfNeeded: low)
        let t1 = UInt64(truncatingIfNeeded: low >> 64)
        let first = t0.multipliedFullWidth(by: 28)
        let (q1, carry) = t1.addingReportingOverflow(first.low)
        let second = q1.multipliedFullWidth(by: 28)
        let small = (UInt128(second.high) << 64 | UInt128(second.low)) &+ UInt128(first.high &+ UInt64(bit: carry))
        return (UInt128(q1) << 64 | UInt128(t0)) &- small
    }
}

extension Field128 {
    /// An element x as x·2^128 mod p, what Montgomery multiplication takes as its second operand.
    public struct Factor: MultiplicationFactor {
        @usableFromInline var scaled: Field128

        @inlinable @inline(__always)
        init(scaled: Field128) {
            self.scaled = scaled
        }

        @inlinable @inline(__always)
        public init(_ element: Field128) {
            scaled = Field128.montgomeryProduct(element, Field128(canonical: Field128.squaredRadix))
        }

        @inlinable @inline(__always)
        public var element: Field128 {
            Field128.reduce(high: 0, low: scaled.integer)
        }

        @inlinable
        public static var one: Factor { Factor(scaled: Field128(canonical: 28 << 64 - 1)) }

        @inlinable @inline(__always)
        public static func * (a: Factor, b: Factor) -> Factor {
            Factor(scaled: montgomeryProduct(a.scaled, b.scaled))
        }

        @inlinable @inline(__always)
        public static func + (a: Factor, b: Factor) -> Factor {
            Factor(scaled: a.scaled + b.scaled)
        }

        @inlinable @inline(__always)
        public static func - (a: Factor, b: Factor) -> Factor {
            Factor(scaled: a.scaled - b.scaled)
        }
    }

    /// A sum of products as a 320-bit integer.
    public struct ProductSum: ProductAccumulator {
        @usableFromInline var low: UInt128 = 0
        @usableFromInline var high: UInt128 = 0
        @usableFromInline var carries: UInt64 = 0

        /// The empty sum.
        @inlinable
        public init() {}

        @inlinable @inline(__always)
        public mutating func add(_ a: Field128, times b: Field128) {
            let product = Field128.multiplyFull(a.integer, b.integer)
            let (lowSum, lowCarry) = low.addingReportingOverflow(product.low)
            low = lowSum
            let (highSum, highCarry) = high.addingReportingOverflow(product.high &+ UInt128(UInt64(bit: lowCarry)))
            high = highSum
            carries &+= UInt64(bit: highCarry)
        }

        @inlinable @inline(__always)
        public mutating func add(_ a: Field128, times b: Factor) {
            add(a, times: b.scaled)
        }

        @inlinable @inline(__always)
        public func reduced() -> Field128 {
            weighted() * Factor(scaled: Field128(canonical: Field128.squaredRadix))
        }

        /// The high half is any 128-bit value here, so it is brought below p before the reduction. A carry stands for
        /// 2^256, which the reduction would make 2^128 = 28·2^64 - 1 (mod p).
        @inlinable @inline(__always)
        public func weighted() -> Field128 {
            let (excess, borrow) = high.subtractingReportingOverflow(Field128.prime)
            let bounded = Field128.addPrime(excess, if: borrow)
            let carried = (UInt128(carries &* 28) << 64) &- UInt128(carries)
            return Field128.reduce(high: bounded, low: low) + Field128(canonical: carried)
        }
    }
}

extension Field128 {
    /// An integer of 192 bits.
    public struct BinarySum: BinaryAccumulator {
        @usableFromInline var low: UInt128 = 0
        @usableFromInline var high: UInt64 = 0

        /// The empty sum.
        @inlinable
        public init() {}

        @inlinable @inline(__always)
        public mutating func double(adding digit: Field128) {
            high = high << 1 | UInt64(truncatingIfNeeded: low >> 127)
            let (sum, carry) = (low << 1).addingReportingOverflow(digit.integer)
            low = sum
            high &+= UInt64(bit: carry)
        }

        /// As a factor, the element that 2^128 is has itself 2^256 inside, which is `squaredRadix`.
        @inlinable @inline(__always)
        public func reduced() -> Field128 {
            Field128(reducing: low) + Field128(high) * Factor(scaled: Field128(canonical: Field128.squaredRadix))
        }
    }
}

extension Field128 {
    public static func sample(
        from source: UnsafeRawBufferPointer, into target: UnsafeMutablePointer<Field128>
    ) -> Int {
        var written = 0
        for index in 0..<source.count / encodedSize {
            let value = load(source, at: index &* 16)
            target[written] = Field128(canonical: value)
            written &+= Int(UInt64(bit: value < prime))
        }
        return written
    }

    /// An integer at or above p has a high limb of at least p's, which no more than one in 2^59 has.
    public static func mayHaveNoncanonical(_ source: UnsafeRawBufferPointer) -> Bool {
        var suspicious: UInt64 = 0
        for index in 0..<source.count / encodedSize {
            let high = source.loadUnaligned(fromByteOffset: index &* 16 &+ 8, as: UInt64.self)
            suspicious |= UInt64(bit: UInt64(littleEndian: high) >= primeHigh)
        }
        return suspicious != 0
    }

    public static func encode(_ source: UnsafeBufferPointer<Field128>, into target: UnsafeMutableRawPointer) {
        for index in 0..<source.count {
            target.storeBytes(of: source[index].low.littleEndian, toByteOffset: index &* 16, as: UInt64.self)
            target.storeBytes(of: source[index].high.littleEndian, toByteOffset: index &* 16 &+ 8, as: UInt64.self)
        }
    }

    @inline(__always)
    private static func load(_ source: UnsafeRawBufferPointer, at offset: Int) -> UInt128 {
        let low = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        let high = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self))
        return UInt128(high) << 64 | UInt128(low)
    }
}
