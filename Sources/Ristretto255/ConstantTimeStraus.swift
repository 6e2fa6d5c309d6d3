/// Straus's method for secret scalars: the same work and the same memory accesses whatever their values.
///
/// Every scalar becomes Σ digit_k · 16^k with signed digits in [-7, 8], so a table of the eight multiples P, 2P, ..., 8P
/// is enough. From the top digit down, the whole sum is multiplied by 16 and each term adds the multiple that its digit
/// asks for, zero included. Every look-up reads the whole table. What is public is only the number of bits, and short
/// integers are accordingly cheap.
enum ConstantTimeStraus {
    /// Terms that share their doublings; their tables stay in the cache.
    static let blockLength = 64

    /// P, 2P, ..., up to 8P.
    struct Table {
        var multiples: [CachedPoint]

        init(of point: EdwardsPoint, entries: Int) {
            multiples = []
            multiples.reserveCapacity(entries)
            let step = CachedPoint(point)
            multiples.append(step)
            var multiple = point
            for _ in 1..<max(entries, 1) {
                multiple = multiple.adding(step)
                multiples.append(CachedPoint(multiple))
            }
        }

        /// digit·P for a digit in [-entries, entries], touching every entry.
        @inline(__always)
        func select(_ digit: Int8, entries: Int) -> CachedPoint {
            let sign = digit &>> 7
            let magnitude = UInt64(truncatingIfNeeded: (digit ^ sign) &- sign)
            var chosen = CachedPoint.identity
            multiples.withUnsafeBufferPointer { multiples in
                for index in 0..<entries {
                    let isWanted = Field25519.maskIfZero(magnitude ^ UInt64(truncatingIfNeeded: index &+ 1))
                    chosen = .select(isWanted, multiples[index], else: chosen)
                }
            }
            return chosen.negated(where: UInt64(bitPattern: Int64(sign)))
        }
    }

    /// The largest digit of a scalar of so many bits: up to three bits are a digit as they stand.
    static func largestDigit(bits: Int) -> Int {
        bits <= 3 ? (1 << bits) - 1 : 8
    }

    /// Σ scalar_k · point_k over one block.
    static func sum(words: [UInt64], stride: Int, bits: Int, tables: [Table]) -> EdwardsPoint {
        let count = tables.count
        let rows = bits / 4 + 1
        let digits = signedDigits(words: words, stride: stride, count: count, rows: rows)
        // What remains above the full digits, plus a carry, bounds the top digit.
        let topEntries = rows == 1 ? largestDigit(bits: bits) : 1 << (bits % 4)
        var result = EdwardsPoint.identity
        for row in Swift.stride(from: rows - 1, through: 0, by: -1) {
            if row != rows - 1 {
                result = result.doubled.doubled.doubled.doubled
            }
            let entries = row == rows - 1 ? topEntries : 8
            for index in 0..<count {
                result = result.adding(tables[index].select(digits[row * count + index], entries: entries))
            }
        }
        return result
    }

    /// Digits in [-7, 8], one row of `count` digits for each four bits; the top one makes no carry.
    private static func signedDigits(words: [UInt64], stride: Int, count: Int, rows: Int) -> [Int8] {
        var digits = [Int8](repeating: 0, count: rows * count)
        for index in 0..<count {
            var carry: UInt64 = 0
            for row in 0..<rows {
                let word = row >> 4
                let nibble = word < stride ? (words[index * stride + word] &>> UInt64(4 * (row & 15))) & 15 : 0
                let value = nibble &+ carry
                // From 9 on the digit is value - 16, with a carry into the next.
                carry = (value &+ 7) &>> 4
                digits[row * count + index] = Int8(truncatingIfNeeded: Int64(value) &- Int64(carry &<< 4))
            }
        }
        return digits
    }
}
