/// A growing list of public elements in the form that multi-scalar multiplication reads: affine and ready to be added.
///
/// The conversion costs one inversion for the whole list and a few multiplications an element (none of that for
/// elements fresh from `decode`, whose Z is 1), so bases that are used again and again, such as commitment generators,
/// are worth keeping in this form. Variable time: for public elements.
public struct PrecomputedPoints: Sendable {
    var cached: [CachedAffinePoint] = []

    public init() {}

    public init(_ points: [RistrettoPoint]) {
        append(contentsOf: points)
    }

    public var count: Int { cached.count }

    public subscript(index: Int) -> RistrettoPoint {
        RistrettoPoint(cached[index].point)
    }

    /// The sum of the first `count` elements.
    package func sum(first count: Int) -> RistrettoPoint {
        var total = EdwardsPoint.identity
        for index in 0..<count {
            total = total.adding(cached[index])
        }
        return RistrettoPoint(total)
    }

    public mutating func append(contentsOf points: [RistrettoPoint]) {
        cached.reserveCapacity(cached.count + points.count)
        let scaled = points.indices.filter { !points[$0].edwards.isVisiblyAffine }
        let inverses = Field25519.inverses(of: scaled.map { points[$0].edwards.z })
        var next = 0
        for (index, point) in points.enumerated() {
            var edwards = point.edwards
            if next < scaled.count, scaled[next] == index {
                edwards = edwards.normalized(inverseZ: inverses[next])
                next += 1
            }
            cached.append(CachedAffinePoint(affine: edwards))
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
