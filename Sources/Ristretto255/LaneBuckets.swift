import CEdwards25519

/// Running totals of points in eight lanes at once (see `CEdwards25519`): each lane has its own points, its own digits
/// and its own buckets, one for each digit from 1 to 2^(width-1) and one for zero.
///
/// Adding eight points, one a lane, takes about as long as `Buckets` takes for one. It belongs to one thread.
final class LaneBuckets {
    /// Whether this processor has what lanes need. Nothing else may be called where it has not.
    static let areAvailable = cairn_edwards25519_has_ifma() != 0
    static let lanes = Int(CAIRN_LANES)

    private let memory: AlignedMemory
    private let width: UInt32

    /// - Precondition: a width from 2 to 15, on a processor that has the kernel.
    init(width: Int) {
        precondition(Self.areAvailable, "this processor has no AVX-512 IFMA")
        let count = Self.lanes * (1 << (width - 1) + 1)
        memory = AlignedMemory(count: count * Int(CAIRN_BUCKET_WORDS))
        self.width = UInt32(width)
        cairn_buckets_clear_ifma(memory.words, self.width)
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
        precondition(plan.width == width && digits.count == plan.digitCount, "digits must fit plan and buckets")
        precondition(0..<plan.groups ~= group && 0...plan.steps ~= steps.upperBound, "the plan has no such group")
        let sources = (0..<Self.lanes).map { lane -> UnsafePointer<UInt64>? in
            let first = points + (plan.firstPoint(group: group, lane: lane) + steps.lowerBound)
            return UnsafeRawPointer(first).assumingMemoryBound(to: UInt64.self)
        }
        let digits = digits.baseAddress.map { $0 + Self.lanes * (plan.steps * group + steps.lowerBound) }
        withExtendedLifetime(memory) {
            sources.withUnsafeBufferPointer {
                cairn_buckets_add_ifma(memory.words, width, $0.baseAddress, digits, steps.count)
            }
        }
    }

    /// Σ digit · bucket for every lane.
    var weightedSums: [EdwardsPoint] {
        let wordsPerPoint = Int(CAIRN_BUCKET_WORDS)
        let sums = [UInt64](unsafeUninitializedCapacity: Self.lanes * wordsPerPoint) { sums, initialized in
            withExtendedLifetime(memory) { cairn_buckets_sum_ifma(memory.words, width, sums.baseAddress) }
            initialized = sums.count
        }
        return (0..<Self.lanes).map { EdwardsPoint(bucket: sums[(wordsPerPoint * $0)...].prefix(wordsPerPoint)) }
    }
}

extension EdwardsPoint {
    /// The point of a bucket's words: Y + X, Y - X, Z, T.
    init(bucket words: ArraySlice<UInt64>) {
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
