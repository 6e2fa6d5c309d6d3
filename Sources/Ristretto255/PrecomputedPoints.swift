/// Public elements in the form that multi-scalar multiplication reads: affine and ready to be added.
///
/// The conversion costs one inversion for the whole list and a few multiplications an element (none of that for
/// elements fresh from `decode`, whose Z is 1), so bases that are used again and again, such as commitment generators,
/// are worth keeping in this form. Variable time: for public elements.
public struct PrecomputedPoints: Sendable {
    private let memory: PointMemory
    /// How many elements there are.
    public let count: Int

    /// Prepares elements, in their order.
    public init(_ points: [RistrettoPoint]) {
        memory = PointMemory(capacity: points.count)
        count = points.count
        memory.write(points, at: 0)
    }

    /// The first `count` points of a memory, which must have been written.
    package init(_ memory: PointMemory, count: Int) {
        precondition(count <= memory.capacity, "no more points than the memory holds")
        self.memory = memory
        self.count = count
    }

    /// The element at a position, from 0.
    public subscript(index: Int) -> RistrettoPoint {
        precondition(0..<count ~= index, "there is no such point")
        return RistrettoPoint(memory.base[index].point)
    }

    /// Calls `body` with the first `count` points.
    func withPoints<Result>(_ body: (UnsafeBufferPointer<CachedAffinePoint>) -> Result) -> Result {
        withExtendedLifetime(memory) { body(UnsafeBufferPointer(start: memory.base, count: count)) }
    }

    /// The points of the ranges, one range after the other.
    package func gathered(_ ranges: [Range<Int>]) -> PrecomputedPoints {
        let memory = PointMemory(capacity: ranges.reduce(0) { $0 + $1.count })
        var next = 0
        for range in ranges {
            precondition(range.lowerBound >= 0 && range.upperBound <= count, "there are no such points")
            (memory.base + next).initialize(from: self.memory.base + range.lowerBound, count: range.count)
            next += range.count
        }
        return PrecomputedPoints(memory, count: next)
    }

    /// The sum of the first `count` elements.
    package func sum(first count: Int) -> RistrettoPoint {
        if LaneKernel.best != nil {
            return .constantTimeMultiScalar(
                words: [UInt64](repeating: 1, count: count), wordsPerScalar: 1, bits: 1, self)
        }
        return withPoints { points in
            var total = EdwardsPoint.identity
            for index in 0..<count {
                total = total.adding(points[index])
            }
            return RistrettoPoint(total)
        }
    }

    /// Σ_b scalar_b · P[start of block b + j] for every j that the first block has; points that a shorter block lacks
    /// are the identity. Variable time.
    ///
    /// - Precondition: as many blocks as scalars, within the list; the first is the longest, and its scalar is 1.
    package func variableTimeColumnSums(
        scalars: [Scalar], blocks: [Range<Int>], threads: Int = 1, kernel: LaneKernel? = .best
    ) -> PrecomputedPoints {
        withPoints { ColumnSums.sums(scalars: scalars, blocks: blocks, $0, threads: threads, kernel: kernel) }
    }
}
