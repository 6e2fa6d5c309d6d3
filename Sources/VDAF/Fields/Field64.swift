/// The field of p = 2^64 - 2^32 + 1 elements, known as the Goldilocks field ('Field64' in VDAF-20 section 6.1.4).
///
/// Write e = 2^32 - 1. Then 2^64 = e and 2^96 = -1 (mod p), so a 128-bit product needs no division and no Montgomery
/// form to be reduced: with lo its low 64 bits, m the next 32 and h the top 32, it is lo + m·e - h (mod p), two
/// corrected additions. Elements are kept canonical, in [0, p), which makes comparison, encoding and hashing free.
///
/// Corrections are masks that stay masks (`ConstantTime.swift`), so the time of every operation is independent of the
/// values.
public struct Field64: NTTFieldElement {
    @usableFromInline var value: UInt64

    @usableFromInline static let prime: UInt64 = 0xFFFF_FFFF_0000_0001
    /// e = 2^64 mod p.
    @usableFromInline static let epsilon: UInt64 = 0xFFFF_FFFF

    @inlinable @inline(__always)
    init(canonical value: UInt64) {
        self.value = value
    }

    public static let encodedSize = 8
    public static let modulus = UInt128(prime)
    public static let rootOrderLog2 = 32
    /// 7^(2^32 - 1): 7 generates the multiplicative group, and (p - 1) / (2^32 - 1) = 2^32.
    public static let rootGenerator = Field64(7).raised(to: 4_294_967_295)

    @inlinable
    public static var zero: Field64 { Field64(canonical: 0) }
    @inlinable
    public static var one: Field64 { Field64(canonical: 1) }

    @inlinable
    public init(_ value: UInt64) {
        self.value = Field64.subtractPrimeOnce(value)
    }

    public init(reducing value: UInt128) {
        self = Field64.reduce(high: UInt64(truncatingIfNeeded: value >> 64), low: UInt64(truncatingIfNeeded: value))
    }

    @inlinable
    public var canonicalValue: UInt128 { UInt128(value) }

    @inlinable @inline(__always)
    public static func + (a: Field64, b: Field64) -> Field64 {
        let (difference, borrow) = a.value.subtractingReportingOverflow(prime &- b.value)
        return Field64(canonical: difference &- (UInt64(mask: borrow) & epsilon))
    }

    @inlinable @inline(__always)
    public static func - (a: Field64, b: Field64) -> Field64 {
        let (difference, borrow) = a.value.subtractingReportingOverflow(b.value)
        return Field64(canonical: difference &- (UInt64(mask: borrow) & epsilon))
    }

    @inlinable @inline(__always)
    public static func * (a: Field64, b: Field64) -> Field64 {
        let product = a.value.multipliedFullWidth(by: b.value)
        return reduce(high: product.high, low: product.low)
    }

    /// Fermat: a^(p-2).
    public func inverted() -> Field64 {
        raised(to: Field64.modulus - 2)
    }

    @inlinable @inline(__always)
    static func subtractPrimeOnce(_ value: UInt64) -> UInt64 {
        let (difference, borrow) = value.subtractingReportingOverflow(prime)
        return difference &+ (UInt64(mask: borrow) & prime)
    }

    /// high·2^64 + low (mod p), canonical.
    ///
    /// Neither correction can be needed twice: after a borrow the difference is at least 2^64 - 2^32, and
    /// m·e <= (2^32 - 1)^2, so that after a carry the sum is at most 2^64 - 2^33.
    @inlinable @inline(__always)
    static func reduce(high: UInt64, low: UInt64) -> Field64 {
        let top = high >> 32
        let middle = high & epsilon
        var (result, borrow) = low.subtractingReportingOverflow(top)
        result &-= UInt64(mask: borrow) & epsilon
        let (sum, carry) = result.addingReportingOverflow((middle << 32) &- middle)
        return Field64(canonical: subtractPrimeOnce(sum &+ (UInt64(mask: carry) & epsilon)))
    }
}

/// A 64-bit element needs no other form to be multiplied with.
extension Field64: MultiplicationFactor {
    public typealias Factor = Field64

    @inlinable @inline(__always)
    public init(_ element: Field64) {
        self = element
    }

    @inlinable @inline(__always)
    public var element: Field64 { self }
}

extension Field64 {
    /// A sum of products as a 192-bit integer.
    public struct ProductSum: ProductAccumulator {
        @usableFromInline var low: UInt128 = 0
        @usableFromInline var carries: UInt64 = 0

        /// The empty sum.
        @inlinable
        public init() {}

        @inlinable @inline(__always)
        public mutating func add(_ a: Field64, times b: Field64) {
            let product = a.value.multipliedFullWidth(by: b.value)
            let (sum, carry) = low.addingReportingOverflow(UInt128(product.high) << 64 | UInt128(product.low))
            low = sum
            carries &+= UInt64(bit: carry)
        }

        /// A factor is the element itself.
        @inlinable @inline(__always)
        public func weighted() -> Field64 {
            reduced()
        }

        /// 2^128 = -2^32 (mod p), and with fewer than 2^32 carries their multiple of 2^32 is canonical.
        @inlinable @inline(__always)
        public func reduced() -> Field64 {
            Field64.reduce(high: UInt64(truncatingIfNeeded: low >> 64), low: UInt64(truncatingIfNeeded: low))
                - Field64(canonical: carries << 32)
        }
    }
}

extension Field64 {
    /// An integer of 128 bits.
    public struct BinarySum: BinaryAccumulator {
        @usableFromInline var sum: UInt128 = 0

        /// The empty sum.
        @inlinable
        public init() {}

        @inlinable @inline(__always)
        public mutating func double(adding digit: Field64) {
            sum = sum << 1 &+ UInt128(digit.value)
        }

        @inlinable @inline(__always)
        public func reduced() -> Field64 {
            Field64.reduce(high: UInt64(truncatingIfNeeded: sum >> 64), low: UInt64(truncatingIfNeeded: sum))
        }
    }
}

extension Field64 {
    public static func sample(
        from source: UnsafeRawBufferPointer, into target: UnsafeMutablePointer<Field64>
    ) -> Int {
        var written = 0
        for index in 0..<source.count / encodedSize {
            let value = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self))
            target[written] = Field64(canonical: value)
            written &+= Int(UInt64(bit: value < prime))
        }
        return written
    }

    public static func mayHaveNoncanonical(_ source: UnsafeRawBufferPointer) -> Bool {
        var suspicious: UInt64 = 0
        for index in 0..<source.count / encodedSize {
            let value = source.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self)
            suspicious |= UInt64(bit: UInt64(littleEndian: value) >= prime)
        }
        return suspicious != 0
    }

    public static func encode(_ source: UnsafeBufferPointer<Field64>, into target: UnsafeMutableRawPointer) {
        for index in 0..<source.count {
            target.storeBytes(of: source[index].value.littleEndian, toByteOffset: index &* 8, as: UInt64.self)
        }
    }
}
