import CKeccak

/// Arithmetic on 256-bit numbers of four words (least significant first) modulo the group order ℓ, constant time.
enum Words256 {
    typealias Value = (UInt64, UInt64, UInt64, UInt64)

    /// ℓ.
    static let order: Value = (0x5812_631a_5cf5_d3ed, 0x14de_f9de_a2f7_9cd6, 0, 0x1000_0000_0000_0000)

    /// R mod ℓ with R = 2^256.
    static let radix: Value = (
        0xd6ec_3174_8d98_951d, 0xc6ef_5bf4_737d_cf70, 0xffff_ffff_ffff_fffe, 0x0fff_ffff_ffff_ffff
    )

    /// R² mod ℓ.
    static let radixSquared: Value = (
        0xa406_11e3_449c_0f01, 0xd00e_1ba7_6885_9347, 0xceec_73d2_17f5_be65, 0x0399_411b_7c30_9a3d
    )

    /// -ℓ⁻¹ mod 2^64.
    private static let negatedInverse: UInt64 = 0xd2b5_1da3_1254_7e1b

    /// 1 where the flag is set, else 0: written as a choice between the two it became a branch on carries of secrets.
    @inline(__always)
    private static func bit(_ flag: Bool) -> UInt64 { UInt64(unsafeBitCast(flag, to: UInt8.self)) }

    @inline(__always)
    private static func add(_ a: UInt64, _ b: UInt64, _ carry: inout UInt64) -> UInt64 {
        let (s, c) = a.addingReportingOverflow(b)
        let (t, d) = s.addingReportingOverflow(carry)
        carry = bit(c) &+ bit(d)
        return t
    }

    @inline(__always)
    private static func subtract(_ a: UInt64, _ b: UInt64, _ borrow: inout UInt64) -> UInt64 {
        let (s, c) = a.subtractingReportingOverflow(b)
        let (t, d) = s.subtractingReportingOverflow(borrow)
        borrow = bit(c) &+ bit(d)
        return t
    }

    static func adding(_ a: Value, _ b: Value) -> (sum: Value, carry: UInt64) {
        var carry: UInt64 = 0
        let w0 = add(a.0, b.0, &carry)
        let w1 = add(a.1, b.1, &carry)
        let w2 = add(a.2, b.2, &carry)
        let w3 = add(a.3, b.3, &carry)
        return ((w0, w1, w2, w3), carry)
    }

    static func subtracting(_ a: Value, _ b: Value) -> (difference: Value, borrow: UInt64) {
        var borrow: UInt64 = 0
        let w0 = subtract(a.0, b.0, &borrow)
        let w1 = subtract(a.1, b.1, &borrow)
        let w2 = subtract(a.2, b.2, &borrow)
        let w3 = subtract(a.3, b.3, &borrow)
        return ((w0, w1, w2, w3), borrow)
    }

    /// a or a - ℓ, whichever lies in [0, ℓ); for a < 2ℓ.
    static func subtractingOrderOnce(_ a: Value) -> Value {
        let (reduced, borrow) = subtracting(a, order)
        let keep = cairn_opaque(0 &- borrow)
        return (
            reduced.0 ^ (keep & (reduced.0 ^ a.0)), reduced.1 ^ (keep & (reduced.1 ^ a.1)),
            reduced.2 ^ (keep & (reduced.2 ^ a.2)), reduced.3 ^ (keep & (reduced.3 ^ a.3))
        )
    }

    /// a·b mod ℓ in [0, ℓ), for a, b < ℓ.
    ///
    /// With ℓ = 2^252 + c, the part of a number above 2^252 counts for -c times itself. The product is below 2^506, so
    /// that one such step leaves lo₁ - c·hi₁ with hi₁ < 2^254 and c·hi₁ < 2^379, and another
    /// lo₁ - lo₂ + c·hi₂ with hi₂ < 2^127 and c·hi₂ < 2^252: with ℓ added, a number between 0 and 3ℓ.
    static func product(_ a: Value, _ b: Value) -> Value {
        var carry: UInt64 = 0
        let p0 = multiplyAdd(0, a.0, b.0, &carry)
        var p1 = multiplyAdd(0, a.0, b.1, &carry)
        var p2 = multiplyAdd(0, a.0, b.2, &carry)
        var p3 = multiplyAdd(0, a.0, b.3, &carry)
        var p4 = carry
        carry = 0
        p1 = multiplyAdd(p1, a.1, b.0, &carry)
        p2 = multiplyAdd(p2, a.1, b.1, &carry)
        p3 = multiplyAdd(p3, a.1, b.2, &carry)
        p4 = multiplyAdd(p4, a.1, b.3, &carry)
        var p5 = carry
        carry = 0
        p2 = multiplyAdd(p2, a.2, b.0, &carry)
        p3 = multiplyAdd(p3, a.2, b.1, &carry)
        p4 = multiplyAdd(p4, a.2, b.2, &carry)
        p5 = multiplyAdd(p5, a.2, b.3, &carry)
        var p6 = carry
        carry = 0
        p3 = multiplyAdd(p3, a.3, b.0, &carry)
        p4 = multiplyAdd(p4, a.3, b.1, &carry)
        p5 = multiplyAdd(p5, a.3, b.2, &carry)
        p6 = multiplyAdd(p6, a.3, b.3, &carry)
        let p7 = carry

        let low: Value = (p0, p1, p2, p3 & topMask)
        let high: Value = (
            p3 &>> 60 | p4 &<< 4, p4 &>> 60 | p5 &<< 4, p5 &>> 60 | p6 &<< 4, p6 &>> 60 | p7 &<< 4
        )
        // c·hi₁ in six words.
        carry = 0
        let q0 = multiplyAdd(0, order.0, high.0, &carry)
        var q1 = multiplyAdd(0, order.0, high.1, &carry)
        var q2 = multiplyAdd(0, order.0, high.2, &carry)
        var q3 = multiplyAdd(0, order.0, high.3, &carry)
        var q4 = carry
        carry = 0
        q1 = multiplyAdd(q1, order.1, high.0, &carry)
        q2 = multiplyAdd(q2, order.1, high.1, &carry)
        q3 = multiplyAdd(q3, order.1, high.2, &carry)
        q4 = multiplyAdd(q4, order.1, high.3, &carry)
        let q5 = carry
        let subtrahend: Value = (q0, q1, q2, q3 & topMask)
        let (h0, h1) = (q3 &>> 60 | q4 &<< 4, q4 &>> 60 | q5 &<< 4)
        // c·hi₂ in four words.
        carry = 0
        let r0 = multiplyAdd(0, order.0, h0, &carry)
        var r1 = multiplyAdd(0, order.0, h1, &carry)
        var r2 = carry
        carry = 0
        r1 = multiplyAdd(r1, order.1, h0, &carry)
        r2 = multiplyAdd(r2, order.1, h1, &carry)

        let positive = adding(adding(low, (r0, r1, r2, carry)).sum, order).sum
        let sum = subtracting(positive, subtrahend).difference
        return subtractingOrderOnce(subtractingOrderOnce(sum))
    }

    /// The bits of the top word below 2^252.
    private static let topMask: UInt64 = (1 << 60) - 1

    /// a·b·R⁻¹ mod ℓ in [0, ℓ), for any a and for b < ℓ (Montgomery 1985, word by word).
    ///
    /// The running sum stays below b + ℓ after each step, so one subtraction at the end is enough.
    static func montgomeryProduct(_ a: Value, _ b: Value) -> Value {
        var sum = montgomeryStep((0, 0, 0, 0), a.0, b)
        sum = montgomeryStep(sum, a.1, b)
        sum = montgomeryStep(sum, a.2, b)
        sum = montgomeryStep(sum, a.3, b)
        return subtractingOrderOnce(sum)
    }

    /// (sum + word·b + q·ℓ) / 2^64 with the q that makes the division exact.
    @inline(__always)
    private static func montgomeryStep(_ sum: Value, _ word: UInt64, _ b: Value) -> Value {
        var carry: UInt64 = 0
        let t0 = multiplyAdd(sum.0, word, b.0, &carry)
        let t1 = multiplyAdd(sum.1, word, b.1, &carry)
        let t2 = multiplyAdd(sum.2, word, b.2, &carry)
        let t3 = multiplyAdd(sum.3, word, b.3, &carry)
        let t4 = carry

        let q = t0 &* negatedInverse
        carry = 0
        _ = multiplyAdd(t0, q, order.0, &carry)
        let r0 = multiplyAdd(t1, q, order.1, &carry)
        // The upper words of ℓ are 0 and 2^60, which need no multiplication.
        let (r1, overflow) = t2.addingReportingOverflow(carry)
        let top =
            UInt128(_low: t3, _high: t4) &+ UInt128(_low: q &<< 60, _high: q &>> 4)
            &+ UInt128(_low: bit(overflow), _high: 0)
        return (r0, r1, top._low, top._high)
    }

    /// sum + x·y + carry, whose high word becomes the new carry; 2^128 - 1 is the largest it can be.
    @inline(__always)
    private static func multiplyAdd(_ sum: UInt64, _ x: UInt64, _ y: UInt64, _ carry: inout UInt64) -> UInt64 {
        let product = x.multipliedFullWidth(by: y)
        let total =
            UInt128(_low: product.low, _high: product.high) &+ UInt128(_low: sum, _high: 0)
            &+ UInt128(_low: carry, _high: 0)
        carry = total._high
        return total._low
    }
}
