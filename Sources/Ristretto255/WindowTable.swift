import Parallel

/// Multiples of fixed public points that save multi-scalar multiplications all doublings and all but one set of buckets.
///
/// For every point P it holds 2^(w·k)·P, k from 0, prepared for being added. A scalar's digit in window k then adds the
/// k-th multiple to the bucket of the digit, and since the multiple carries the window's weight, all windows share their
/// buckets. With n points and scalars of b bits that is n·b/w additions and 2^w for the buckets.
///
/// With windows of 12 bits it takes about 35 µs and 2,640 bytes for a point, with 8, the better width in lanes, 3,840
/// bytes. Variable time.
package struct WindowTable: Sendable {
    /// Near the best for 500 to 20,000 points. In lanes, buckets are more expensive than points.
    package static let standardWidth = LaneBuckets.areAvailable ? 8 : 12

    /// Bits of a window.
    private let width: Int

    /// Row k has the k-th multiple of every point.
    private let memory: PointMemory
    package let count: Int

    /// - Parameter width: bits of a window, 2 to 15. The best is about log2(count), and 8 at most in lanes.
    /// - Precondition: no more than there are points.
    package init(_ points: PrecomputedPoints, count: Int, width: Int = standardWidth, threads: Int) {
        precondition(count <= points.count, "no more entries than points")
        self.width = width
        // Enough for 253 bits and a carry.
        let windows = Pippenger.windows(bits: 253, width: width)
        let memory = PointMemory(capacity: count * windows)
        let blockLength = 64
        _ = concurrentMap(count: (count + blockLength - 1) / blockLength, threads: threads) { block in
            let start = block * blockLength
            var multiples = (start..<min(start + blockLength, count)).map { points[$0] }
            for window in 0..<windows {
                memory.write(multiples, at: window * count + start)
                for index in multiples.indices {
                    for _ in 0..<width {
                        multiples[index] = multiples[index].doubled()
                    }
                }
            }
        }
        self.memory = memory
        self.count = count
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
        let count = words.count / wordsPerScalar
        precondition(count * wordsPerScalar == words.count && count <= self.count, "scalars and points must match")
        return words.withUnsafeBufferPointer { words in
            let scalars = PublicScalars(words: words, stride: wordsPerScalar, count: count)
            let bits = scalars.bitLength
            precondition(bits <= 253, "scalars must be below 2^253")
            guard bits > 0 else { return .identity }
            let windows = Pippenger.windows(bits: bits, width: width)
            let shares = max(1, min(threads, windows))
            let sums =
                LaneBuckets.areAvailable
                ? laneSums(scalars, windows: windows, shares: shares)
                : sums(scalars, windows: windows, shares: shares)
            return .sum(sums)
        }
    }

    /// The sum as so many summands, made by as many threads. Each takes some of the windows.
    private func sums(_ scalars: PublicScalars, windows: Int, shares: Int) -> [RistrettoPoint] {
        let digits = scalars.signedWindows(width: width, windows: windows)
        return digits.withUnsafeBufferPointer { digits in
            nonisolated(unsafe) let digits = digits
            let used = scalars.count
            return concurrentMap(count: shares, threads: shares) { share in
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

    /// The same, eight lanes for a summand. Each takes some of the groups of the plan.
    private func laneSums(_ scalars: PublicScalars, windows: Int, shares: Int) -> [RistrettoPoint] {
        let plan = LanePlan.shortest(count: scalars.count, width: width, windows: windows, shares: shares)
        let digits = scalars.signedLanes(plan)
        return digits.withUnsafeBufferPointer { digits in
            nonisolated(unsafe) let digits = digits
            return concurrentMap(count: shares, threads: shares) { share in
                let buckets = LaneBuckets(width: width)
                for group in stride(from: share, to: plan.groups, by: shares) {
                    buckets.add(plan, group: group, digits: digits) { UnsafePointer(memory.base + $0 * count) }
                }
                return .sum(buckets.weightedSums.map { RistrettoPoint($0) })
            }
        }
    }
}
