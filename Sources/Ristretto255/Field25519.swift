/// The field of integers modulo p = 2^255 - 19, over which the curve behind ristretto255 is defined.
///
/// An element is five limbs of 51 bits, least significant first: value = Σ limb_k · 2^(51k). Five limbs leave 13 spare
/// bits in each machine word, so sums need no carries, and since 2^255 = 19 mod p, whatever overflows the top limb
/// returns to the bottom one multiplied by 19.
///
/// Two bounds on the limbs make every formula in this module safe; each operation states what it takes and gives:
///
/// - *tight*: every limb below 2^51 + 2^18. Multiplication, squaring and `carried` give tight elements.
/// - *loose*: every limb below 2^54. Multiplication and squaring accept loose operands.
///
/// With loose operands one column of a product is below 2^108 · (1 + 4·19) < 2^114.3, so it fits 128 bits, and its
/// carry (2^63.3) fits a word.
///
/// Everything here runs in constant time.
struct Field25519: Sendable {
    var l0: UInt64
    var l1: UInt64
    var l2: UInt64
    var l3: UInt64
    var l4: UInt64

    @inline(__always)
    init(_ l0: UInt64, _ l1: UInt64, _ l2: UInt64, _ l3: UInt64, _ l4: UInt64) {
        self.l0 = l0
        self.l1 = l1
        self.l2 = l2
        self.l3 = l3
        self.l4 = l4
    }

    /// The first five words.
    init(limbs: ArraySlice<UInt64>) {
        let start = limbs.startIndex
        self.init(limbs[start], limbs[start + 1], limbs[start + 2], limbs[start + 3], limbs[start + 4])
    }

    static let zero = Field25519(0, 0, 0, 0, 0)
    static let one = Field25519(1, 0, 0, 0, 0)

    static let limbMask: UInt64 = (1 << 51) - 1

    // MARK: Sums

    /// The limbwise sum: tight + tight gives limbs below 2^52 + 2^19; loose while the bounds add up below 2^54.
    @inline(__always)
    static func + (a: Field25519, b: Field25519) -> Field25519 {
        Field25519(a.l0 &+ b.l0, a.l1 &+ b.l1, a.l2 &+ b.l2, a.l3 &+ b.l3, a.l4 &+ b.l4)
    }

    /// a - b + 4p, so that no limb goes below zero.
    ///
    /// The limbs of 4p are 2^53 - 76 and 2^53 - 4: `b` may be a sum or difference of two tight elements (below 2^52.6),
    /// `a` may have limbs below 2^53; then the result is loose.
    @inline(__always)
    static func - (a: Field25519, b: Field25519) -> Field25519 {
        let bottom: UInt64 = (1 << 53) - 76
        let other: UInt64 = (1 << 53) - 4
        return Field25519(
            a.l0 &+ bottom &- b.l0, a.l1 &+ other &- b.l1, a.l2 &+ other &- b.l2, a.l3 &+ other &- b.l3,
            a.l4 &+ other &- b.l4)
    }

    /// a - b + 2p for tight `b`, with limbs below those of `a` plus 2^52: the smaller bias keeps chains of sums loose.
    @inline(__always)
    static func difference(_ a: Field25519, tight b: Field25519) -> Field25519 {
        let bottom: UInt64 = (1 << 52) - 38
        let other: UInt64 = (1 << 52) - 2
        return Field25519(
            a.l0 &+ bottom &- b.l0, a.l1 &+ other &- b.l1, a.l2 &+ other &- b.l2, a.l3 &+ other &- b.l3,
            a.l4 &+ other &- b.l4)
    }

    /// The negative of a tight element; tight.
    @inline(__always)
    static prefix func - (a: Field25519) -> Field25519 {
        difference(.zero, tight: a).carried
    }

    /// The same element with tight limbs, for any limbs at all.
    @inline(__always)
    var carried: Field25519 {
        let mask = Field25519.limbMask
        return Field25519(
            (l0 & mask) &+ 19 &* (l4 &>> 51), (l1 & mask) &+ (l0 &>> 51), (l2 & mask) &+ (l1 &>> 51),
            (l3 & mask) &+ (l2 &>> 51), (l4 & mask) &+ (l3 &>> 51))
    }

    // MARK: Products

    @inline(__always)
    private static func wide(_ a: UInt64, _ b: UInt64) -> UInt128 {
        let product = a.multipliedFullWidth(by: b)
        return UInt128(_low: product.low, _high: product.high)
    }

    /// The product of loose elements; tight.
    @inline(__always)
    static func * (a: Field25519, b: Field25519) -> Field25519 {
        let b1 = b.l1 &* 19
        let b2 = b.l2 &* 19
        let b3 = b.l3 &* 19
        let b4 = b.l4 &* 19
        let c0 = wide(a.l0, b.l0) &+ wide(a.l4, b1) &+ wide(a.l3, b2) &+ wide(a.l2, b3) &+ wide(a.l1, b4)
        let c1 = wide(a.l1, b.l0) &+ wide(a.l0, b.l1) &+ wide(a.l4, b2) &+ wide(a.l3, b3) &+ wide(a.l2, b4)
        let c2 = wide(a.l2, b.l0) &+ wide(a.l1, b.l1) &+ wide(a.l0, b.l2) &+ wide(a.l4, b3) &+ wide(a.l3, b4)
        let c3 = wide(a.l3, b.l0) &+ wide(a.l2, b.l1) &+ wide(a.l1, b.l2) &+ wide(a.l0, b.l3) &+ wide(a.l4, b4)
        let c4 = wide(a.l4, b.l0) &+ wide(a.l3, b.l1) &+ wide(a.l2, b.l2) &+ wide(a.l1, b.l3) &+ wide(a.l0, b.l4)
        return reduce(c0, c1, c2, c3, c4)
    }

    /// The square of a loose element; tight.
    @inline(__always)
    var squared: Field25519 {
        let l3x19 = l3 &* 19
        let l4x19 = l4 &* 19
        let d0 = l0 &* 2
        let d1 = l1 &* 2
        let d2 = l2 &* 2
        let c0 = Self.wide(l0, l0) &+ Self.wide(d1, l4x19) &+ Self.wide(d2, l3x19)
        let c1 = Self.wide(d0, l1) &+ Self.wide(d2, l4x19) &+ Self.wide(l3, l3x19)
        let c2 = Self.wide(d0, l2) &+ Self.wide(l1, l1) &+ Self.wide(l3 &* 2, l4x19)
        let c3 = Self.wide(d0, l3) &+ Self.wide(d1, l2) &+ Self.wide(l4, l4x19)
        let c4 = Self.wide(d0, l4) &+ Self.wide(d1, l3) &+ Self.wide(l2, l2)
        return Self.reduce(c0, c1, c2, c3, c4)
    }

    /// Carries 128-bit columns into tight limbs. The top column has no factor 19, so its carry times 19 fits a word.
    @inline(__always)
    private static func reduce(
        _ c0: UInt128, _ c1: UInt128, _ c2: UInt128, _ c3: UInt128, _ c4: UInt128
    ) -> Field25519 {
        let mask = limbMask
        let s1 = c1 &+ UInt128(_low: UInt64(truncatingIfNeeded: c0 &>> 51), _high: 0)
        let s2 = c2 &+ UInt128(_low: UInt64(truncatingIfNeeded: s1 &>> 51), _high: 0)
        let s3 = c3 &+ UInt128(_low: UInt64(truncatingIfNeeded: s2 &>> 51), _high: 0)
        let s4 = c4 &+ UInt128(_low: UInt64(truncatingIfNeeded: s3 &>> 51), _high: 0)
        let r0 = (c0._low & mask) &+ 19 &* UInt64(truncatingIfNeeded: s4 &>> 51)
        return Field25519(
            r0 & mask, (s1._low & mask) &+ (r0 &>> 51), s2._low & mask, s3._low & mask, s4._low & mask)
    }
}
