/// Constant-time multiplication of one element by one secret scalar.
///
/// The special case of one term of `ConstantTimeStraus`: 252 doublings and 64 additions whatever the scalar.
extension RistrettoPoint {
    public static func * (scalar: Scalar, point: RistrettoPoint) -> RistrettoPoint {
        RistrettoPoint(
            ConstantTimeStraus.sum(
                words: [scalar.w0, scalar.w1, scalar.w2, scalar.w3], stride: 4, bits: 253,
                tables: [ConstantTimeStraus.Table(of: point.edwards, entries: 8)]))
    }

    public static func * (point: RistrettoPoint, scalar: Scalar) -> RistrettoPoint {
        scalar * point
    }

    /// Σ integer_k · point_k over the first points of a precomputed list, in time that depends only on how many there
    /// are and on `bits`.
    ///
    /// - Parameters:
    ///   - words: secret integers of `wordsPerScalar` words each, least significant first, back to back.
    ///   - bits: a public bound: every integer is below 2^bits.
    /// - Precondition: a whole number of integers, no more of them than points; 1 ≤ bits ≤ 64·wordsPerScalar.
    package static func constantTimeMultiScalar(
        words: [UInt64], wordsPerScalar: Int, bits: Int, _ points: PrecomputedPoints
    ) -> RistrettoPoint {
        let count = words.count / wordsPerScalar
        precondition(count * wordsPerScalar == words.count && count <= points.count, "scalars and points must match")
        precondition(bits >= 1 && bits <= 64 * wordsPerScalar, "bits must fit the scalars")
        let entries = ConstantTimeStraus.largestDigit(bits: bits)
        var total = EdwardsPoint.identity
        for start in Swift.stride(from: 0, to: count, by: ConstantTimeStraus.blockLength) {
            let block = start..<min(start + ConstantTimeStraus.blockLength, count)
            let sum = ConstantTimeStraus.sum(
                words: Array(words[(wordsPerScalar * block.lowerBound)..<(wordsPerScalar * block.upperBound)]),
                stride: wordsPerScalar, bits: bits,
                tables: block.map { ConstantTimeStraus.Table(of: points.cached[$0].point, entries: entries) })
            total = total.adding(CachedPoint(sum))
        }
        return RistrettoPoint(total)
    }
}
