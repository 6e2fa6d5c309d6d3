import Parallel

/// Multiples of fixed public points that save multi-scalar multiplications all doublings and all but one set of buckets.
///
/// For every point P it holds 2^(w·k)·P, k from 0, prepared for being added. A scalar's digit in window k then adds the
/// k-th multiple to the bucket of the digit, and since the multiple carries the window's weight, all windows share their
/// buckets. With n points and scalars of b bits that is n·b/w additions and 2^w for the buckets.
///
/// It takes about 35 µs and 2,640 bytes for a point, which pays after some 25 multiplications. Variable time.
package struct WindowTable: Sendable {
    /// Bits of a window: near the best for 500 to 20,000 points.
    static let width = 12
    /// Enough for 253 bits and a carry.
    static let windows = 22

    /// Row k has the k-th multiple of every point.
    private let memory: PointMemory
    package let count: Int

    /// - Precondition: no more than there are points.
    package init(_ points: PrecomputedPoints, count: Int, threads: Int) {
        precondition(count <= points.count, "no more entries than points")
        let memory = PointMemory(capacity: count * Self.windows)
        let blockLength = 64
        _ = concurrentMap(count: (count + blockLength - 1) / blockLength, threads: threads) { block in
            let start = block * blockLength
            var multiples = (start..<min(start + blockLength, count)).map { points[$0] }
            for window in 0..<Self.windows {
                memory.write(multiples, at: window * count + start)
                for index in multiples.indices {
                    for _ in 0..<Self.width {
                        multiples[index] = multiples[index].doubled()
                    }
                }
            }
        }
        self.memory = memory
        self.count = count
    }

    /// Σ scalar_k · point_k over the first points, for integers below 2^253 of `wordsPerScalar` words each, least
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
            let windows = bits / Self.width + 1
            let digits = scalars.signedWindows(width: Self.width, windows: windows)
            return digits.withUnsafeBufferPointer { digits in
                nonisolated(unsafe) let digits = digits
                let shares = max(1, min(threads, windows))
                let sums = concurrentMap(count: shares, threads: threads) { share in
                    let buckets = Buckets(width: Self.width)
                    for window in stride(from: share, to: windows, by: shares) {
                        buckets.add(
                            UnsafeBufferPointer(start: memory.base + window * self.count, count: count),
                            digits: UnsafeBufferPointer(rebasing: digits[(window * count)...].prefix(count)))
                    }
                    return RistrettoPoint(buckets.weightedSum)
                }
                return .sum(sums)
            }
        }
    }
}
