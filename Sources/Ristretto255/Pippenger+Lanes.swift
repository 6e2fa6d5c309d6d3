import Parallel

/// The bucket method in lanes, on processors that have a kernel (`LaneBuckets`).
///
/// Cost in field multiplications outside lanes, roughly: groups / threads · (10·steps + 22·2^(w-1)) + 8·bits for the
/// doublings, 8 to join a task's sum, and an eighth to make a digit.
extension Pippenger {
    /// Of adding a point in every lane, and of adding up a bucket of every lane.
    static let laneCosts = (addition: 10, bucket: 22)

    static func bestPlan(count: Int, bits: Int, threads: Int, kernel: LaneKernel) -> (plan: LanePlan, cost: Int) {
        func candidate(width: Int, parts: Int) -> (plan: LanePlan, cost: Int) {
            let windows = windows(bits: bits, width: width)
            let plan = LanePlan(lanes: kernel.lanes, count: count, width: width, windows: windows, parts: parts)
            let rounds = (plan.groups + threads - 1) / max(threads, 1)
            let groupCost = laneCosts.addition * plan.steps + laneCosts.bucket << (width - 1)
            return (plan, rounds * groupCost + 8 * bits + windows * (8 * parts + count / 8))
        }
        var best = candidate(width: 4, parts: 1)
        for width in 4...13 {
            for parts in LanePlan.partCounts {
                let candidate = candidate(width: width, parts: parts)
                if candidate.cost < best.cost {
                    best = candidate
                }
            }
        }
        return best
    }

    static func sum(
        _ scalars: PublicScalars, plan: LanePlan, _ points: UnsafePointer<CachedAffinePoint>, threads: Int,
        kernel: LaneKernel
    ) -> EdwardsPoint {
        let digits = scalars.signedLanes(plan)
        let sums = digits.withUnsafeBufferPointer { digits in
            nonisolated(unsafe) let (digits, points) = (digits, points)
            return concurrentMap(count: plan.groups, threads: threads) { group in
                let buckets = LaneBuckets(width: plan.width, kernel: kernel)
                buckets.add(plan, group: group, steps: 0..<plan.steps, digits: digits, points: points)
                return buckets.weightedSums
            }
        }
        let windowSums = (0..<plan.windows).map { window in
            (1..<plan.parts).reduce(sums[window / plan.lanes][window % plan.lanes]) { sum, part in
                let task = part * plan.windows + window
                return sum.adding(CachedPoint(sums[task / plan.lanes][task % plan.lanes]))
            }
        }
        return .joining(windowSums, width: plan.width)
    }
}
