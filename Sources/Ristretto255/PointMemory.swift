/// Memory that holds prepared points and never moves, so that many readers can share it while it grows at its end.
///
/// Whoever creates it writes to it before others read, and only behind what others may read.
package final class PointMemory: @unchecked Sendable {
    /// Bytes of a point in memory: three field elements of five words.
    package static let pointSize = MemoryLayout<CachedAffinePoint>.stride

    let base: UnsafeMutablePointer<CachedAffinePoint>
    /// Points that there is room for.
    package let capacity: Int
    private let release: @Sendable () -> Void

    /// Memory from the heap.
    init(capacity: Int) {
        let memory = UnsafeMutablePointer<CachedAffinePoint>.allocate(capacity: max(capacity, 1))
        nonisolated(unsafe) let owned = memory
        base = memory
        self.capacity = capacity
        release = { owned.deallocate() }
    }

    /// Memory from elsewhere, aligned to eight bytes.
    package init(
        _ memory: UnsafeMutableRawPointer, capacity: Int, release: @escaping @Sendable () -> Void
    ) {
        base = memory.bindMemory(to: CachedAffinePoint.self, capacity: capacity)
        self.capacity = capacity
        self.release = release
    }

    deinit {
        release()
    }

    /// Prepares points for the places from `start` on.
    package func write(_ points: [RistrettoPoint], at start: Int) {
        precondition(start >= 0 && start + points.count <= capacity, "points must fit the memory")
        let scaled = points.indices.filter { !points[$0].edwards.isVisiblyAffine }
        let inverses = Field25519.inverses(of: scaled.map { points[$0].edwards.z })
        var next = 0
        for (index, point) in points.enumerated() {
            var edwards = point.edwards
            if next < scaled.count, scaled[next] == index {
                edwards = edwards.normalized(inverseZ: inverses[next])
                next += 1
            }
            (base + start + index).initialize(to: CachedAffinePoint(affine: edwards))
        }
    }
}

extension EdwardsPoint {
    /// Whether Z is literally 1, which holds for every decoded or normalised point.
    fileprivate var isVisiblyAffine: Bool {
        z.l0 == 1 && (z.l1 | z.l2 | z.l3 | z.l4) == 0
    }

    fileprivate func normalized(inverseZ: Field25519) -> EdwardsPoint {
        let x = self.x * inverseZ
        let y = self.y * inverseZ
        return EdwardsPoint(x: x, y: y, z: .one, t: x * y)
    }
}
