import Parallel

/// Multiples of fixed public points that save multi-scalar multiplications doublings and all but one set of buckets.
///
/// For every point P it holds 2^(w·s·j)·P, the rows j from 0, prepared for being added. A scalar's digit in window
/// s·j + l, 0 ≤ l < s, adds the j-th multiple to a bucket, and since the multiple carries the weight 2^(w·s·j), all
/// windows of one l share their buckets.
///
/// - With s = 1 there is one set of buckets and nothing to double: n·b/w additions for n points and b bits, and 2^w for
///   the buckets. A point takes 22 rows, 2,640 bytes.
/// - In lanes there are s of them: lane l has buckets of its own in any case, and (s - 1)·w doublings join the lanes.
///   With eight a point takes only 4 rows, or 3 in long tables, 480 or 360 bytes; with four 7, or 5, 840 or 600 bytes.
///
/// Variable time.
package struct WindowTable: Sendable {
    /// Row j has the j-th multiple of every point.
    private let memory: PointMemory
    package let count: Int
    /// Bits of a window.
    private let width: Int
    /// What adds in lanes; nil to add one point at a time.
    private let kernel: LaneKernel?

    /// - Parameters:
    ///   - width: bits of a window, 2 to 15; nil for the best: that with which a sum over all points costs least. More
    ///     than 13 bits would ask for buckets outside the cache.
    ///   - kernel: nil to work without lanes.
    /// - Precondition: no more than there are points.
    package init(
        _ points: PrecomputedPoints, count: Int, width: Int? = nil, threads: Int, kernel: LaneKernel? = .best
    ) {
        precondition(count <= points.count, "no more entries than points")
        func cost(_ width: Int) -> Int {
            Self.cost(count: count, bits: 253, width: width, threads: 1, kernel: kernel)
        }
        let width = width ?? (4...13).min { cost($0) < cost($1) } ?? 8
        let windowsPerRow = kernel?.lanes ?? 1
        // Enough for 253 bits and a carry.
        let rows = (253 / width + windowsPerRow) / windowsPerRow
        let memory = PointMemory(capacity: count * rows)
        let blockLength = 64
        _ = concurrentMap(count: (count + blockLength - 1) / blockLength, threads: threads) { block in
            let start = block * blockLength
            var multiples = (start..<min(start + blockLength, count)).map { points[$0] }
            for row in 0..<rows {
                memory.write(multiples, at: row * count + start)
                for index in multiples.indices where row + 1 < rows {
                    for _ in 0..<(width * windowsPerRow) {
                        multiples[index] = multiples[index].doubled()
                    }
                }
            }
        }
        self.memory = memory
        self.count = count
        self.width = width
        self.kernel = kernel
    }

    /// Σ scalar_k · point_k over the first points.
    ///
    /// - Precondition: no more scalars than points.
    package func variableTimeMultiScalar(_ scalars: [Scalar], threads: Int = 1) -> RistrettoPoint {
        variableTimeMultiScalar(words: Scalar.words(of: scalars), wordsPerScalar: 4, threads: threads)
    }

    /// The same for integers below 2^253 of `wordsPerScalar` words each, least
    /// significant first, back to back.
    ///
    /// - Precondition: a whole number of integers, and no more of them than points.
    package func variableTimeMultiScalar(words: [UInt64], wordsPerScalar: Int, threads: Int) -> RistrettoPoint {
        let used = words.count / wordsPerScalar
        precondition(used * wordsPerScalar == words.count && used <= count, "scalars and points must match")
        return words.withUnsafeBufferPointer { words in
            let scalars = PublicScalars(words: words, stride: wordsPerScalar, count: used)
            let bits = scalars.bitLength
            precondition(bits <= 253, "scalars must be below 2^253")
            guard bits > 0 else { return .identity }
            let other = MultiScalarMethod.cheapest(count: used, bits: bits, threads: threads)
            if other.cost < Self.cost(count: used, bits: bits, width: width, threads: threads, kernel: kernel) {
                let points = UnsafeBufferPointer(start: UnsafePointer(memory.base), count: used)
                return RistrettoPoint(other.method.sum(scalars, bits: bits, points, threads: threads))
            }
            let windows = Pippenger.windows(bits: bits, width: width)
            let sums =
                kernel.map { laneSums(scalars, windows: windows, threads: threads, kernel: $0) }
                ?? sums(scalars, windows: windows, threads: threads)
            return .sum(sums)
        }
    }

    /// Field multiplications, roughly, as for other methods: a table for many points does not pay for few of them.
    private static func cost(count: Int, bits: Int, width: Int, threads: Int, kernel: LaneKernel?) -> Int {
        let windowsPerRow = kernel?.lanes ?? 1
        let rows = (bits / width + windowsPerRow) / windowsPerRow
        let (addition, bucket) = kernel == nil ? (7, 18) : Pippenger.laneCosts
        return addition * rows * count / max(threads, 1) + bucket << (width - 1) + 8 * width * (windowsPerRow - 1)
    }

    /// The sum as summands, one for a thread, which takes some of the windows.
    private func sums(_ scalars: PublicScalars, windows: Int, threads: Int) -> [RistrettoPoint] {
        let digits = scalars.signedWindows(width: width, windows: windows)
        return digits.withUnsafeBufferPointer { digits in
            nonisolated(unsafe) let digits = digits
            let used = scalars.count
            let shares = max(1, min(threads, windows))
            return concurrentMap(count: shares, threads: threads) { share in
                let buckets = Buckets(width: width)
                for window in stride(from: share, to: windows, by: shares) {
                    buckets.add(
                        UnsafeBufferPointer(start: memory.base + window * count, count: used),
                        digits: UnsafeBufferPointer(rebasing: digits[(window * used)...].prefix(used)))
                }
                return RistrettoPoint(buckets.weightedSum)
            }
        }
    }

    /// The sum as summands, one for a thread, which takes some of the points.
    private func laneSums(
        _ scalars: PublicScalars, windows: Int, threads: Int, kernel: LaneKernel
    ) -> [RistrettoPoint] {
        let plan = LanePlan(lanes: kernel.lanes, count: scalars.count, width: width, windows: windows, parts: 1)
        let digits = scalars.signedLanes(plan)
        return digits.withUnsafeBufferPointer { digits in
            nonisolated(unsafe) let digits = digits
            let shares = max(1, min(threads, plan.steps / 64))
            return concurrentMap(count: shares, threads: threads) { share in
                let buckets = LaneBuckets(width: width, kernel: kernel)
                let range = plan.steps * share / shares..<plan.steps * (share + 1) / shares
                for row in 0..<plan.groups {
                    buckets.add(plan, group: row, steps: range, digits: digits, points: memory.base + row * count)
                }
                return RistrettoPoint(.joining(buckets.weightedSums, width: width))
            }
        }
    }
}
