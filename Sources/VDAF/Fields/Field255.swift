/// The field of p = 2^255 - 19 elements ('Field255' in VDAF-20 section 6.1.4), for the leaves of Poplar1's trees.
///
/// An element is four 64-bit limbs, lowest first, canonical, in [0, p). As 2^256 = 38 and 2^255 = 19 (mod p), the upper
/// half of a 512-bit product is folded into the lower half by a multiplication with a small number, twice.
///
/// Corrections are masks and not branches, so the time of every operation is independent of the values.
public struct Field255: PrimeFieldElement {
    /// The four limbs, lowest first.
    typealias Limbs = (UInt64, UInt64, UInt64, UInt64)

    private var limb0: UInt64
    private var limb1: UInt64
    private var limb2: UInt64
    private var limb3: UInt64

    private static let lowestPrimeLimb: UInt64 = 0xFFFF_FFFF_FFFF_FFED
    private static let highestPrimeLimb: UInt64 = 0x7FFF_FFFF_FFFF_FFFF

    public static let encodedSize = 32
    public static let lastByteMask: UInt8 = 0x7F
    public static let zero = Field255(0)
    public static let one = Field255(1)

    @inline(__always)
    private init(canonical limbs: Limbs) {
        (limb0, limb1, limb2, limb3) = limbs
    }

    public init(_ value: UInt64) {
        self.init(canonical: (value, 0, 0, 0))
    }

    /// The representative in [0, p), if it fits.
    var smallValue: UInt128? {
        limb2 | limb3 == 0 ? UInt128(limb1) << 64 | UInt128(limb0) : nil
    }

    public static func + (a: Field255, b: Field255) -> Field255 {
        var carry: UInt64 = 0
        let sum = (
            addWithCarry(a.limb0, b.limb0, &carry), addWithCarry(a.limb1, b.limb1, &carry),
            addWithCarry(a.limb2, b.limb2, &carry), addWithCarry(a.limb3, b.limb3, &carry)
        )
        return reduceOnce(sum)
    }

    /// After a borrow, which leaves the difference 2^256 too large, adding p wraps around once more, to a - b + p.
    public static func - (a: Field255, b: Field255) -> Field255 {
        var borrow: UInt64 = 0
        let difference = (
            subtractWithBorrow(a.limb0, b.limb0, &borrow), subtractWithBorrow(a.limb1, b.limb1, &borrow),
            subtractWithBorrow(a.limb2, b.limb2, &borrow), subtractWithBorrow(a.limb3, b.limb3, &borrow)
        )
        let mask = UInt64(mask: borrow == 1)
        var carry: UInt64 = 0
        return Field255(
            canonical: (
                addWithCarry(difference.0, mask & lowestPrimeLimb, &carry), addWithCarry(difference.1, mask, &carry),
                addWithCarry(difference.2, mask, &carry), addWithCarry(difference.3, mask & highestPrimeLimb, &carry)
            ))
    }

    public static func * (a: Field255, b: Field255) -> Field255 {
        let (a0, a1, a2, a3) = (a.limb0, a.limb1, a.limb2, a.limb3)
        let (b0, b1, b2, b3) = (b.limb0, b.limb1, b.limb2, b.limb3)

        var carry: UInt64 = 0
        let p0 = multiplyAdd(a0, b0, 0, &carry)
        var p1 = multiplyAdd(a0, b1, 0, &carry)
        var p2 = multiplyAdd(a0, b2, 0, &carry)
        var p3 = multiplyAdd(a0, b3, 0, &carry)
        var p4 = carry

        carry = 0
        p1 = multiplyAdd(a1, b0, p1, &carry)
        p2 = multiplyAdd(a1, b1, p2, &carry)
        p3 = multiplyAdd(a1, b2, p3, &carry)
        p4 = multiplyAdd(a1, b3, p4, &carry)
        var p5 = carry

        carry = 0
        p2 = multiplyAdd(a2, b0, p2, &carry)
        p3 = multiplyAdd(a2, b1, p3, &carry)
        p4 = multiplyAdd(a2, b2, p4, &carry)
        p5 = multiplyAdd(a2, b3, p5, &carry)
        var p6 = carry

        carry = 0
        p3 = multiplyAdd(a3, b0, p3, &carry)
        p4 = multiplyAdd(a3, b1, p4, &carry)
        p5 = multiplyAdd(a3, b2, p5, &carry)
        p6 = multiplyAdd(a3, b3, p6, &carry)
        let p7 = carry

        carry = 0
        let lower = (
            multiplyAdd(p4, 38, p0, &carry), multiplyAdd(p5, 38, p1, &carry), multiplyAdd(p6, 38, p2, &carry),
            multiplyAdd(p7, 38, p3, &carry)
        )
        return fold(lower, overflow: carry)
    }

    /// limbs + overflow·2^256 (mod p), for overflow <= 38.
    ///
    /// What lies above bit 255 is at most 77, so that the sum is below 2^255 + 1464 and one conditional subtraction
    /// makes it canonical.
    @inline(__always)
    private static func fold(_ limbs: Limbs, overflow: UInt64) -> Field255 {
        let top = overflow << 1 | limbs.3 >> 63
        var carry: UInt64 = 0
        let sum = (
            addWithCarry(limbs.0, top &* 19, &carry), addWithCarry(limbs.1, 0, &carry),
            addWithCarry(limbs.2, 0, &carry), addWithCarry(limbs.3 & highestPrimeLimb, 0, &carry)
        )
        return reduceOnce(sum)
    }

    /// limbs mod p, for limbs < 2p.
    ///
    /// limbs >= p exactly if limbs + 19 reaches bit 255, and then that sum without the bit is limbs - p.
    @inline(__always)
    private static func reduceOnce(_ limbs: Limbs) -> Field255 {
        var carry: UInt64 = 0
        let shifted = (
            addWithCarry(limbs.0, 19, &carry), addWithCarry(limbs.1, 0, &carry), addWithCarry(limbs.2, 0, &carry),
            addWithCarry(limbs.3, 0, &carry)
        )
        let isLarge = 0 &- (shifted.3 >> 63)
        return Field255(
            canonical: (
                limbs.0 ^ (isLarge & (limbs.0 ^ shifted.0)), limbs.1 ^ (isLarge & (limbs.1 ^ shifted.1)),
                limbs.2 ^ (isLarge & (limbs.2 ^ shifted.2)),
                limbs.3 ^ (isLarge & (limbs.3 ^ (shifted.3 & highestPrimeLimb)))
            ))
    }

    @inline(__always)
    private static func addWithCarry(_ a: UInt64, _ b: UInt64, _ carry: inout UInt64) -> UInt64 {
        let (partial, first) = a.addingReportingOverflow(b)
        let (sum, second) = partial.addingReportingOverflow(carry)
        carry = UInt64(bit: first) | UInt64(bit: second)
        return sum
    }

    @inline(__always)
    private static func subtractWithBorrow(_ a: UInt64, _ b: UInt64, _ borrow: inout UInt64) -> UInt64 {
        let (partial, first) = a.subtractingReportingOverflow(b)
        let (difference, second) = partial.subtractingReportingOverflow(borrow)
        borrow = UInt64(bit: first) | UInt64(bit: second)
        return difference
    }

    /// The lower half of a·b + c + carry, which fits 128 bits; the upper half becomes the carry.
    @inline(__always)
    private static func multiplyAdd(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ carry: inout UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        let sum = (UInt128(product.high) << 64 | UInt128(product.low)) &+ UInt128(c) &+ UInt128(carry)
        carry = UInt64(truncatingIfNeeded: sum >> 64)
        return UInt64(truncatingIfNeeded: sum)
    }
}

extension Field255 {
    public static func sample(
        from source: UnsafeRawBufferPointer, into target: UnsafeMutablePointer<Field255>
    ) -> Int {
        var written = 0
        for index in 0..<source.count / encodedSize {
            let limbs = (
                load(source, at: index &* 32), load(source, at: index &* 32 &+ 8), load(source, at: index &* 32 &+ 16),
                load(source, at: index &* 32 &+ 24) & highestPrimeLimb
            )
            target[written] = Field255(canonical: limbs)
            // Not below p: the lowest limb is among the 19 largest, and all other bits are set.
            let isRejected =
                (limbs.0 >= lowestPrimeLimb ? 1 : 0) & (limbs.1 & limbs.2 & (limbs.3 | 1 << 63) == .max ? 1 : 0)
            written &+= 1 &- isRejected
        }
        return written
    }

    /// Half of all integers have the bit set that sampling clears, so looking for one is pointless.
    public static func mayHaveNoncanonical(_ source: UnsafeRawBufferPointer) -> Bool {
        true
    }

    public static func encode(_ source: UnsafeBufferPointer<Field255>, into target: UnsafeMutableRawPointer) {
        for index in 0..<source.count {
            let element = source[index]
            let start = target + index &* 32
            start.storeBytes(of: element.limb0.littleEndian, as: UInt64.self)
            start.storeBytes(of: element.limb1.littleEndian, toByteOffset: 8, as: UInt64.self)
            start.storeBytes(of: element.limb2.littleEndian, toByteOffset: 16, as: UInt64.self)
            start.storeBytes(of: element.limb3.littleEndian, toByteOffset: 24, as: UInt64.self)
        }
    }

    @inline(__always)
    private static func load(_ source: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        UInt64(littleEndian: source.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
