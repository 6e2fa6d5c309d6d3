import CEdwards25519
import Secrets

/// Running totals of points in lanes (see `CEdwards25519`): each lane has its own points, its own digits and its own
/// buckets, one for each digit from 1 to 2^(width-1) and one for zero.
///
/// Adding a point in every lane takes hardly longer than `Buckets` takes for one. It belongs to one thread.
final class LaneBuckets {
    private let kernel: LaneKernel
    private let memory: AlignedMemory
    private let width: UInt32

    /// - Precondition: a width from 2 to 15.
    init(width: Int, kernel: LaneKernel) {
        let count = kernel.lanes * (1 << (width - 1) + 1)
        self.kernel = kernel
        memory = AlignedMemory(count: count * Int(CAIRN_POINT_WORDS))
        self.width = UInt32(width)
        cairn_buckets_clear(kernel.code, memory.words, self.width)
    }

    /// Adds points of a group of a plan, each to the bucket of its digit, or subtracts it from that of the digit's
    /// negative.
    ///
    /// - Parameters:
    ///   - steps: which of the plan's steps.
    ///   - digits: those of the whole plan (`PublicScalars.signedLanes`), which has the width of the buckets.
    ///   - points: as many as the plan counts, or more.
    func add(
        _ plan: LanePlan, group: Int, steps: Range<Int>, digits: UnsafeBufferPointer<Int16>,
        points: UnsafePointer<CachedAffinePoint>
    ) {
        precondition(plan.lanes == kernel.lanes && plan.width == width, "the plan must fit the buckets")
        precondition(digits.count == plan.digitCount, "digits must fit the plan")
        precondition(0..<plan.groups ~= group && 0...plan.steps ~= steps.upperBound, "the plan has no such group")
        let sources = (0..<kernel.lanes).map { lane -> UnsafePointer<UInt64>? in
            let first = points + (plan.firstPoint(group: group, lane: lane) + steps.lowerBound)
            return UnsafeRawPointer(first).assumingMemoryBound(to: UInt64.self)
        }
        let digits = digits.baseAddress.map { $0 + kernel.lanes * (plan.steps * group + steps.lowerBound) }
        withExtendedLifetime(memory) {
            sources.withUnsafeBufferPointer {
                cairn_buckets_add(kernel.code, memory.words, width, $0.baseAddress, digits, steps.count)
            }
        }
    }

    /// Σ digit · bucket for every lane.
    var weightedSums: [EdwardsPoint] {
        kernel.points { sums in
            withExtendedLifetime(memory) { cairn_buckets_sum(kernel.code, memory.words, width, sums) }
        }
    }
}

extension LaneKernel {
    /// The points, one for every lane, whose words a function of the kernel writes.
    func points(_ write: (UnsafeMutablePointer<UInt64>?) -> Void) -> [EdwardsPoint] {
        let wordsPerPoint = Int(CAIRN_POINT_WORDS)
        var words = [UInt64](unsafeUninitializedCapacity: lanes * wordsPerPoint) { words, initialized in
            write(words.baseAddress)
            initialized = lanes * wordsPerPoint
        }
        // Sums of points that secrets have chosen.
        defer { Wipe.values(&words) }
        return (0..<lanes).map { EdwardsPoint(bucket: words[(wordsPerPoint * $0)...].prefix(wordsPerPoint)) }
    }
}

extension EdwardsPoint {
    /// The point of a bucket's words: Y + X, Y - X, Z, T.
    fileprivate init(bucket words: ArraySlice<UInt64>) {
        func element(_ number: Int) -> Field25519 {
            Field25519(limbs: words[(words.startIndex + 5 * number)...])
        }
        let (plus, minus, z, t) = (element(0), element(1), element(2), element(3))
        // All coordinates times 2, which is the same point.
        self.init(
            x: Field25519.difference(plus, tight: minus).carried, y: (plus + minus).carried, z: (z + z).carried,
            t: (t + t).carried)
    }
}
