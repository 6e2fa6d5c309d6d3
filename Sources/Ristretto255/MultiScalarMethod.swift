/// The ways to multiply many points by many scalars. Each has a cost formula, in field multiplications.
package enum MultiScalarMethod: Sendable, Equatable {
    /// `Straus`, for few points.
    case straus
    /// `Pippenger` with windows of this width, 4 to 15.
    case buckets(width: Int)
    /// `Pippenger` in the lanes of a kernel, with each window divided into so many parts (`LanePlan`). Width 4 to 15.
    case lanes(LaneKernel, width: Int, parts: Int)

    static func cheapest(count: Int, bits: Int, threads: Int) -> (method: MultiScalarMethod, cost: Int) {
        let bucketMethod: (method: MultiScalarMethod, cost: Int)
        if let kernel = LaneKernel.best {
            let best = Pippenger.bestPlan(count: count, bits: bits, threads: threads, kernel: kernel)
            bucketMethod = (.lanes(kernel, width: best.plan.width, parts: best.plan.parts), best.cost)
        } else {
            let best = Pippenger.bestWidth(count: count, bits: bits, threads: threads)
            bucketMethod = (.buckets(width: best.width), best.cost)
        }
        let straus = Straus.cost(count: count, bits: bits)
        return straus < bucketMethod.cost ? (.straus, straus) : bucketMethod
    }

    /// The sum over the first points for integers of `wordsPerScalar` words each.
    ///
    /// - Parameter method: nil for the cheapest.
    /// - Precondition: a whole number of integers, and no more of them than points.
    static func sum(
        words: [UInt64], wordsPerScalar: Int, _ points: UnsafeBufferPointer<CachedAffinePoint>, threads: Int = 1,
        method: MultiScalarMethod? = nil
    ) -> EdwardsPoint {
        words.withUnsafeBufferPointer { words in
            let scalars = PublicScalars(words: words, stride: wordsPerScalar, count: words.count / wordsPerScalar)
            let bits = scalars.bitLength
            guard bits > 0 else { return .identity }
            let method = method ?? cheapest(count: scalars.count, bits: bits, threads: threads).method
            return method.sum(scalars, bits: bits, points, threads: threads)
        }
    }

    func sum(
        _ scalars: PublicScalars, bits: Int, _ points: UnsafeBufferPointer<CachedAffinePoint>, threads: Int
    ) -> EdwardsPoint {
        switch self {
        case .straus:
            return Straus.sum(scalars, bits: bits, points)
        case .buckets(let width):
            return Pippenger.sum(scalars, bits: bits, width: width, points, threads: threads)
        case .lanes(let kernel, let width, let parts):
            guard let points = points.baseAddress else { return .identity }
            let windows = Pippenger.windows(bits: bits, width: width)
            let plan = LanePlan(
                lanes: kernel.lanes, count: scalars.count, width: width, windows: windows, parts: parts)
            return Pippenger.sum(scalars, plan: plan, points, threads: threads, kernel: kernel)
        }
    }
}
