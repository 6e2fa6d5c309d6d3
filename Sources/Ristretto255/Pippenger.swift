/// Pippenger's bucket method for large multi-scalar multiplications (Pippenger 1976; Bernstein, Doumen, Lange,
/// Oosterwijk, eprint 2012/549 §4).
///
/// For one window of w bits, points with the same digit share a bucket, so a point costs one addition whatever its
/// digit. Σ_d d·bucket_d then comes from running sums: going from the highest bucket down, `running` holds the buckets
/// seen so far, and adding `running` to `total` at each step counts bucket d exactly d times. Windows are joined by w
/// doublings each, from the top down.
///
/// Cost in field multiplications, roughly: windows · (7n + 18·2^(w-1)) + 8·bits, with windows = bits/w + 1; the width
/// is the one that makes this smallest for the n and the bits at hand. Variable time.
enum Pippenger {
    /// Σ over the windows needed for `bits` bits and the final carry.
    private static func windows(bits: Int, width: Int) -> Int {
        bits / width + 1
    }

    static func bestWidth(count: Int, bits: Int) -> (width: Int, cost: Int) {
        var best = (width: 4, cost: Int.max)
        for width in 4...15 {
            let cost = windows(bits: bits, width: width) * (7 * count + 18 << (width - 1)) + 8 * bits
            if cost < best.cost {
                best = (width, cost)
            }
        }
        return best
    }

    static func sum(
        _ scalars: PublicScalars, bits: Int, width: Int, _ points: UnsafeBufferPointer<CachedAffinePoint>
    ) -> EdwardsPoint {
        let windows = windows(bits: bits, width: width)
        let digits = scalars.signedWindows(width: width, windows: windows)
        let buckets = UnsafeMutableBufferPointer<EdwardsPoint>.allocate(capacity: 1 << (width - 1))
        defer { buckets.deallocate() }

        var result = EdwardsPoint.identity
        for window in stride(from: windows - 1, through: 0, by: -1) {
            for _ in 0..<width {
                result = result.doubled
            }
            buckets.initialize(repeating: .identity)
            digits.withUnsafeBufferPointer { digits in
                let row = UnsafeBufferPointer(
                    rebasing: digits[(window * scalars.count)..<((window + 1) * scalars.count)])
                fill(buckets, row, points)
            }
            result = result.adding(CachedPoint(weightedSum(buckets)))
        }
        return result
    }

    /// Adds every point to the bucket of its digit.
    @inline(never)
    private static func fill(
        _ buckets: UnsafeMutableBufferPointer<EdwardsPoint>, _ digits: UnsafeBufferPointer<Int16>,
        _ points: UnsafeBufferPointer<CachedAffinePoint>
    ) {
        for index in 0..<digits.count {
            let digit = Int(digits[index])
            if digit > 0 {
                buckets[digit &- 1] = buckets[digit &- 1].adding(points[index])
            } else if digit < 0 {
                buckets[0 &- digit &- 1] = buckets[0 &- digit &- 1].subtracting(points[index])
            }
        }
    }

    /// Σ (index + 1) · bucket_index.
    @inline(never)
    private static func weightedSum(_ buckets: UnsafeMutableBufferPointer<EdwardsPoint>) -> EdwardsPoint {
        var running = EdwardsPoint.identity
        var total = EdwardsPoint.identity
        for index in stride(from: buckets.count - 1, through: 0, by: -1) {
            running = running.adding(CachedPoint(buckets[index]))
            total = total.adding(CachedPoint(running))
        }
        return total
    }
}
