import Parallel

/// Pippenger's bucket method for large multi-scalar multiplications (Pippenger 1976; Bernstein, Doumen, Lange,
/// Oosterwijk, eprint 2012/549 §4).
///
/// For one window of w bits, points with the same digit share a bucket, so a point costs one addition whatever its
/// digit. Σ_d d·bucket_d then comes from running sums: going from the highest bucket down, `running` holds the buckets
/// seen so far, and adding `running` to `total` at each step counts bucket d exactly d times. Windows are joined by w
/// doublings each, from the top down; they do not depend on each other before, which is what threads share.
///
/// Cost in field multiplications, roughly: windows / threads · (7n + 18·2^(w-1)) + 8·bits, with windows = bits/w + 1; the
/// width is the one that makes this smallest for the n and the bits at hand. Variable time.
enum Pippenger {
    /// Windows needed for `bits` bits and the final carry.
    static func windows(bits: Int, width: Int) -> Int {
        bits / width + 1
    }

    static func bestWidth(count: Int, bits: Int, threads: Int) -> (width: Int, cost: Int) {
        var best = (width: 4, cost: Int.max)
        for width in 4...15 {
            let rounds = (windows(bits: bits, width: width) + threads - 1) / max(threads, 1)
            let cost = rounds * (7 * count + 18 << (width - 1)) + 8 * bits
            if cost < best.cost {
                best = (width, cost)
            }
        }
        return best
    }

    static func sum(
        _ scalars: PublicScalars, bits: Int, width: Int, _ points: UnsafeBufferPointer<CachedAffinePoint>, threads: Int
    ) -> EdwardsPoint {
        let windows = windows(bits: bits, width: width)
        let digits = scalars.signedWindows(width: width, windows: windows)
        let sums = digits.withUnsafeBufferPointer { digits in
            nonisolated(unsafe) let (digits, points) = (digits, points)
            let count = scalars.count
            return concurrentMap(count: windows, threads: threads) { window in
                let buckets = Buckets(width: width)
                buckets.add(points, digits: UnsafeBufferPointer(rebasing: digits[(window * count)...].prefix(count)))
                return buckets.weightedSum
            }
        }
        return .joining(sums, width: width)
    }
}

extension EdwardsPoint {
    /// Σ 2^(width·k) · point_k, for a width of 1 or more.
    static func joining(_ points: [EdwardsPoint], width: Int) -> EdwardsPoint {
        guard var result = points.last else { return .identity }
        for point in points.dropLast().reversed() {
            var next = CompletedPoint(doubling: result.x, result.y, result.z)
            for _ in 1..<width {
                next = next.doubled
            }
            result = next.extended.adding(CachedPoint(point))
        }
        return result
    }
}

/// Running totals of points, one for each digit from 1 to 2^(width-1).
///
/// It belongs to one thread.
final class Buckets {
    private let sums: UnsafeMutableBufferPointer<EdwardsPoint>

    init(width: Int) {
        sums = .allocate(capacity: 1 << (width - 1))
        sums.initialize(repeating: .identity)
    }

    deinit {
        sums.deallocate()
    }

    /// Adds every point to the bucket of its digit, or subtracts it from that of the digit's negative.
    ///
    /// - Precondition: As many digits as points, all of the width.
    @inline(never)
    func add(_ points: UnsafeBufferPointer<CachedAffinePoint>, digits: UnsafeBufferPointer<Int16>) {
        for index in 0..<digits.count {
            let digit = Int(digits[index])
            if digit > 0 {
                sums[digit &- 1] = sums[digit &- 1].adding(points[index])
            } else if digit < 0 {
                sums[0 &- digit &- 1] = sums[0 &- digit &- 1].subtracting(points[index])
            }
        }
    }

    /// Σ digit · bucket.
    var weightedSum: EdwardsPoint {
        var running = EdwardsPoint.identity
        var total = EdwardsPoint.identity
        for index in stride(from: sums.count - 1, through: 0, by: -1) {
            running = running.adding(CachedPoint(sums[index]))
            total = total.adding(CachedPoint(running))
        }
        return total
    }
}
