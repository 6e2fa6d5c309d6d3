/// Constant-time multiplication of elements by secret scalars.
extension RistrettoPoint {
    /// The multiple of an element, in constant time: 252 doublings and 64 additions whatever the scalar. For many
    /// scalars see `FixedBase`.
    public static func * (scalar: Scalar, point: RistrettoPoint) -> RistrettoPoint {
        RistrettoPoint(ConstantTimeStraus.sum([scalar], [point]))
    }

    /// The same, written the other way round.
    public static func * (point: RistrettoPoint, scalar: Scalar) -> RistrettoPoint {
        scalar * point
    }

    /// Σ scalar_k · point_k, in time that depends only on how many there are; the terms share their doublings.
    ///
    /// - Precondition: as many scalars as points.
    package static func constantTimeMultiScalar(_ scalars: [Scalar], _ points: [RistrettoPoint]) -> RistrettoPoint {
        precondition(scalars.count == points.count, "scalars and points must match")
        var total = EdwardsPoint.identity
        for start in stride(from: 0, to: points.count, by: ConstantTimeStraus.blockLength) {
            let block = start..<min(start + ConstantTimeStraus.blockLength, points.count)
            total = total.adding(CachedPoint(ConstantTimeStraus.sum(scalars[block], points[block])))
        }
        return RistrettoPoint(total)
    }

    /// Σ integer_k · point_k over the first points of a precomputed list, in time that depends only on how many there
    /// are and on `bits` (`SubsetSums`).
    ///
    /// - Parameters:
    ///   - words: secret integers of `wordsPerScalar` words each, least significant first, back to back.
    ///   - bits: a public bound: every integer is below 2^bits.
    ///   - kernel: nil to work without lanes.
    /// - Precondition: a whole number of integers, no more of them than points; 1 ≤ bits ≤ 64·wordsPerScalar.
    package static func constantTimeMultiScalar(
        words: [UInt64], wordsPerScalar: Int, bits: Int, _ points: PrecomputedPoints, kernel: LaneKernel? = .best
    ) -> RistrettoPoint {
        let count = words.count / wordsPerScalar
        precondition(count * wordsPerScalar == words.count && count <= points.count, "scalars and points must match")
        return points.withPoints { points in
            RistrettoPoint(
                SubsetSums.sum(
                    words: words, stride: wordsPerScalar, bits: bits, UnsafeBufferPointer(rebasing: points[..<count]),
                    kernel: kernel))
        }
    }
}
