extension Scalar {
    /// Digits of a scalar for four bits each.
    static let nibbleCount = 64

    /// Digits in [-7, 8] with Σ digit_k · 16^k = self, `nibbleCount` of them: enough for 253 bits, so that the top one
    /// makes no carry. Constant time.
    var signedNibbles: [Int8] {
        let words = [w0, w1, w2, w3]
        var digits = [Int8](repeating: 0, count: Self.nibbleCount)
        var carry: UInt64 = 0
        for position in 0..<Self.nibbleCount {
            let value = (words[position >> 4] &>> UInt64(4 * (position & 15))) & 15 &+ carry
            // From 9 on the digit is value - 16, with a carry into the next.
            carry = (value &+ 7) &>> 4
            digits[position] = Int8(truncatingIfNeeded: Int64(value) &- Int64(carry &<< 4))
        }
        return digits
    }
}
