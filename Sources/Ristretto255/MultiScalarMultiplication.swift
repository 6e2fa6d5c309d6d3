/// Σ scalar_k · point_k in far less than one multiplication each.
///
/// Works only on as many bits as the longest scalar has: 64-bit integers cost a quarter of full scalars.
///
/// - Warning: variable time. Timing and memory access depend on scalars and points. Use it for public or blinded
///   values; for one secret scalar use `*`.
extension RistrettoPoint {
    /// - Precondition: as many scalars as points.
    public static func variableTimeMultiScalar(_ scalars: [Scalar], _ points: [RistrettoPoint]) -> RistrettoPoint {
        variableTimeMultiScalar(scalars, PrecomputedPoints(points))
    }

    /// For scalars below 2^128.
    ///
    /// - Precondition: as many integers as points.
    public static func variableTimeMultiScalar(
        integers: [UInt128], _ points: [RistrettoPoint]
    ) -> RistrettoPoint {
        variableTimeMultiScalar(integers: integers, PrecomputedPoints(points))
    }

    /// Over the first `scalars.count` points of a precomputed list.
    ///
    /// - Parameter threads: how many threads share the work.
    /// - Precondition: no more scalars than points.
    public static func variableTimeMultiScalar(
        _ scalars: [Scalar], _ points: PrecomputedPoints, threads: Int = 1
    ) -> RistrettoPoint {
        variableTimeMultiScalar(words: Scalar.words(of: scalars), wordsPerScalar: 4, points, threads: threads)
    }

    /// Over the first `integers.count` points of a precomputed list, for scalars below 2^128.
    ///
    /// - Parameter threads: how many threads share the work.
    /// - Precondition: no more integers than points.
    public static func variableTimeMultiScalar(
        integers: [UInt128], _ points: PrecomputedPoints, threads: Int = 1
    ) -> RistrettoPoint {
        var words: [UInt64] = []
        words.reserveCapacity(2 * integers.count)
        for integer in integers {
            words.append(integer._low)
            words.append(integer._high)
        }
        return variableTimeMultiScalar(words: words, wordsPerScalar: 2, points, threads: threads)
    }

    /// For integers of `wordsPerScalar` words each, least significant first, back to back.
    ///
    /// - Parameter method: nil for the cheapest.
    /// - Precondition: a whole number of integers, and no more of them than points.
    package static func variableTimeMultiScalar(
        words: [UInt64], wordsPerScalar: Int, _ points: PrecomputedPoints, threads: Int = 1,
        method: MultiScalarMethod? = nil
    ) -> RistrettoPoint {
        let count = words.count / wordsPerScalar
        precondition(count * wordsPerScalar == words.count && count <= points.count, "scalars and points must match")
        return points.withPoints { points in
            RistrettoPoint(
                MultiScalarMethod.sum(
                    words: words, wordsPerScalar: wordsPerScalar, points, threads: threads, method: method))
        }
    }
}
