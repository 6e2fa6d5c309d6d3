/// Constant-time multiplication of one element by one secret scalar.
///
/// The special case of one term of `ConstantTimeStraus`: 252 doublings and 64 additions whatever the scalar.
extension RistrettoPoint {
    /// The multiple of an element, in constant time.
    public static func * (scalar: Scalar, point: RistrettoPoint) -> RistrettoPoint {
        RistrettoPoint(
            ConstantTimeStraus.sum(
                words: [scalar.w0, scalar.w1, scalar.w2, scalar.w3], stride: 4, bits: 253,
                tables: [ConstantTimeStraus.Table(of: point.edwards, entries: 8)]))
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
        for start in Swift.stride(from: 0, to: points.count, by: ConstantTimeStraus.blockLength) {
            let block = start..<min(start + ConstantTimeStraus.blockLength, points.count)
            let sum = ConstantTimeStraus.sum(
                words: scalars[block].flatMap { [$0.w0, $0.w1, $0.w2, $0.w3] }, stride: 4, bits: 253,
                tables: block.map { ConstantTimeStraus.Table(of: points[$0].edwards, entries: 8) })
            total = total.adding(CachedPoint(sum))
        }
        return RistrettoPoint(total)
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
                tables: block.map { ConstantTimeStraus.Table(of: points[$0].edwards, entries: entries) })
            total = total.adding(CachedPoint(sum))
        }
        return RistrettoPoint(total)
    }
}
