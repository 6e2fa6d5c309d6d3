import CKeccak

/// Byte encodings, comparison and selection of field elements, all in constant time.
///
/// RFC 9496 §4 encodes an element as its canonical representative in 32 little-endian bytes and calls it *negative*
/// when that representative is odd.
extension Field25519 {
    /// The limbs of the representative in [0, p).
    var canonicalLimbs: Field25519 {
        // Two passes bring the value below 2^255 + 2^6 < 2p, so that at most one p has to go.
        var a = carried.carried
        // q = 1 exactly when a + 19 reaches 2^255, that is when a ≥ p.
        var q = (a.l0 &+ 19) &>> 51
        q = (a.l1 &+ q) &>> 51
        q = (a.l2 &+ q) &>> 51
        q = (a.l3 &+ q) &>> 51
        q = (a.l4 &+ q) &>> 51
        // a - q·p = a + 19q - q·2^255; the mask on the top limb drops the power of two.
        let mask = Field25519.limbMask
        a.l0 &+= 19 &* q
        a.l1 &+= a.l0 &>> 51
        a.l2 &+= a.l1 &>> 51
        a.l3 &+= a.l2 &>> 51
        a.l4 &+= a.l3 &>> 51
        return Field25519(a.l0 & mask, a.l1 & mask, a.l2 & mask, a.l3 & mask, a.l4 & mask)
    }

    /// The canonical representative as four little-endian words.
    var words: (UInt64, UInt64, UInt64, UInt64) {
        let a = canonicalLimbs
        return (
            a.l0 | (a.l1 &<< 51), (a.l1 &>> 13) | (a.l2 &<< 38), (a.l2 &>> 26) | (a.l3 &<< 25),
            (a.l3 &>> 39) | (a.l4 &<< 12)
        )
    }

    /// The element whose low 255 bits these words hold; the top bit is ignored and values from p on are reduced.
    init(ignoringTopBit words: (UInt64, UInt64, UInt64, UInt64)) {
        let mask = Field25519.limbMask
        self.init(
            words.0 & mask, ((words.0 &>> 51) | (words.1 &<< 13)) & mask, ((words.1 &>> 38) | (words.2 &<< 26)) & mask,
            ((words.2 &>> 25) | (words.3 &<< 39)) & mask, (words.3 &>> 12) & mask)
    }

    /// The element that these words encode canonically, or nil.
    init?(canonical words: (UInt64, UInt64, UInt64, UInt64)) {
        self.init(ignoringTopBit: words)
        let again = self.words
        let difference =
            (again.0 ^ words.0) | (again.1 ^ words.1) | (again.2 ^ words.2) | (again.3 ^ words.3)
        guard difference == 0 else { return nil }
    }

    // MARK: Predicates: all ones for true, zero for false

    /// All ones when the word is zero. It stays data: as a condition, the optimizer made a branch and a look-up of one entry of
    /// it where all were to be read.
    @inline(__always)
    static func maskIfZero(_ word: UInt64) -> UInt64 {
        cairn_opaque(0 &- (((word | (0 &- word)) &>> 63) ^ 1))
    }

    var isZeroMask: UInt64 {
        let a = canonicalLimbs
        return Field25519.maskIfZero(a.l0 | a.l1 | a.l2 | a.l3 | a.l4)
    }

    /// All ones when the canonical representative is odd (RFC 9496 §3.1, IS_NEGATIVE).
    var isNegativeMask: UInt64 {
        0 &- (canonicalLimbs.l0 & 1)
    }

    /// All ones when two elements are equal; both tight.
    static func equalMask(_ a: Field25519, _ b: Field25519) -> UInt64 {
        difference(a, tight: b).isZeroMask
    }

    // MARK: Selection

    /// `a` where the mask is all ones, `b` where it is zero.
    @inline(__always)
    static func select(_ mask: UInt64, _ a: Field25519, else b: Field25519) -> Field25519 {
        Field25519(
            b.l0 ^ (mask & (a.l0 ^ b.l0)), b.l1 ^ (mask & (a.l1 ^ b.l1)), b.l2 ^ (mask & (a.l2 ^ b.l2)),
            b.l3 ^ (mask & (a.l3 ^ b.l3)), b.l4 ^ (mask & (a.l4 ^ b.l4)))
    }

    /// The negative where the mask is all ones; takes and gives tight elements.
    @inline(__always)
    func negated(where mask: UInt64) -> Field25519 {
        Field25519.select(mask, -self, else: self)
    }

    /// The one of ±self that is not negative (RFC 9496, CT_ABS); takes and gives tight elements.
    var absolute: Field25519 {
        negated(where: isNegativeMask)
    }
}
