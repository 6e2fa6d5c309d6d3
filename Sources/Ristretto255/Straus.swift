/// Straus's method for small multi-scalar multiplications (Straus 1964, "Addition chains of vectors").
///
/// All scalars are read in step from the top bit down: one doubling a bit for the whole sum, and for every nonzero
/// digit one addition from a table of that point's odd multiples P, 3P, ..., 15P. With digits in non-adjacent form of
/// width 5, about one bit in six has one.
///
/// Cost in field multiplications, roughly: n · (75 + 8·bits/6) + 8·bits. Variable time.
enum Straus {
    static func cost(count: Int, bits: Int) -> Int {
        count * (75 + 8 * bits / 6) + 8 * bits
    }

    static func sum(
        _ scalars: PublicScalars, bits: Int, _ points: UnsafeBufferPointer<CachedAffinePoint>
    ) -> EdwardsPoint {
        let count = scalars.count
        let tables = [CachedPoint](unsafeUninitializedCapacity: 8 * count) { tables, initialized in
            for index in 0..<count {
                fillOddMultiples(of: points[index], into: UnsafeMutableBufferPointer(rebasing: tables[(8 * index)...]))
            }
            initialized = 8 * count
        }
        let digits = scalars.nonAdjacentForms(bitLength: bits)
        return digits.withUnsafeBufferPointer { digits in
            tables.withUnsafeBufferPointer { tables in
                accumulate(digits, tables, rows: bits + 1, count: count)
            }
        }
    }

    static func fillOddMultiples(
        of point: CachedAffinePoint, into table: UnsafeMutableBufferPointer<CachedPoint>
    ) {
        var multiple = EdwardsPoint.identity.adding(point)
        let double = CachedPoint(multiple.doubled)
        table.initializeElement(at: 0, to: CachedPoint(multiple))
        for entry in 1..<8 {
            multiple = multiple.adding(double)
            table.initializeElement(at: entry, to: CachedPoint(multiple))
        }
    }

    private static func accumulate(
        _ digits: UnsafeBufferPointer<Int8>, _ tables: UnsafeBufferPointer<CachedPoint>, rows: Int, count: Int
    ) -> EdwardsPoint {
        var result = EdwardsPoint.identity
        for row in stride(from: rows - 1, through: 0, by: -1) {
            result = result.doubled
            for index in 0..<count {
                let digit = Int(digits[row &* count &+ index])
                if digit > 0 {
                    result = result.adding(tables[8 &* index &+ (digit &>> 1)])
                } else if digit < 0 {
                    result = result.subtracting(tables[8 &* index &+ ((0 &- digit) &>> 1)])
                }
            }
        }
        return result
    }
}
