/// Public elements in the form that multi-scalar multiplication reads: affine and ready to be added.
///
/// The conversion costs one inversion for the whole list and a few multiplications an element (none of that for
/// elements fresh from `decode`, whose Z is 1), so bases that are used again and again, such as commitment generators,
/// are worth keeping in this form. Variable time: for public elements.
public struct PrecomputedPoints: Sendable {
    private let memory: PointMemory
    public let count: Int

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

    public subscript(index: Int) -> RistrettoPoint {
        precondition(0..<count ~= index, "there is no such point")
        return RistrettoPoint(memory.base[index].point)
    }

    /// Calls `body` with the first `count` points.
    func withPoints<Result>(_ body: (UnsafeBufferPointer<CachedAffinePoint>) -> Result) -> Result {
        withExtendedLifetime(memory) { body(UnsafeBufferPointer(start: memory.base, count: count)) }
    }

    /// The sum of the first `count` elements.
    package func sum(first count: Int) -> RistrettoPoint {
        withPoints { points in
            var total = EdwardsPoint.identity
            for index in 0..<count {
                total = total.adding(points[index])
            }
            return RistrettoPoint(total)
        }
    }
}
