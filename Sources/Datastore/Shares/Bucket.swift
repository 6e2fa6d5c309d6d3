import DAP

/// DAP's batch bucket, as rows name it: where reports are summed, and what a share's key belongs to.
enum Bucket: Hashable, Sendable {
    /// A unit of time.
    case time(Int64)
    /// A leader-selected batch, by its number in leader_batches or helper_batches.
    case batch(Int64)

    /// A bucket as rows name it.
    init(kind: Int64, ref: Int64) {
        self = kind == 0 ? .time(ref) : .batch(ref)
    }

    var kind: Int64 {
        switch self {
        case .time: 0
        case .batch: 1
        }
    }

    var ref: Int64 {
        switch self {
        case .time(let time): time
        case .batch(let batch): batch
        }
    }

    /// The number of a leader-selected batch.
    var batch: Int64? { if case .batch(let batch) = self { batch } else { nil } }

    /// The order in which rows of buckets are changed, so that no two transactions wait for each other.
    static func inOrder(_ first: Bucket, _ second: Bucket) -> Bool {
        (first.kind, first.ref) < (second.kind, second.ref)
    }
}

/// The buckets of a batch: the units of an interval, or one leader-selected batch.
struct BucketRange: Hashable, Sendable {
    let kind: Int64
    /// The first, and the one behind the last.
    let refs: Range<Int64>

    /// A time interval.
    init(_ interval: Interval) {
        let start = interval.start.clampedToInt64
        self.init(times: start..<max(start, (interval.end ?? .max).clampedToInt64))
    }

    /// Units of time.
    init(times: Range<Int64>) {
        kind = 0
        refs = times
    }

    /// A leader-selected batch, by its number.
    init(batch: Int64) {
        self.init(.batch(batch))
    }

    /// One bucket.
    init(_ bucket: Bucket) {
        kind = bucket.kind
        refs = bucket.ref..<(bucket.ref + 1)
    }

    /// Every bucket of a task, of either kind.
    static let all = [BucketRange(kind: 0, refs: 0..<Int64.max), BucketRange(kind: 1, refs: 0..<Int64.max)]

    private init(kind: Int64, refs: Range<Int64>) {
        self.kind = kind
        self.refs = refs
    }

    func contains(_ bucket: Bucket) -> Bool { bucket.kind == kind && refs.contains(bucket.ref) }

    /// `$1` to `$4` of a condition on task, kind and ref.
    func arguments(_ task: TaskKey) -> SQLArguments { [task, kind, refs.lowerBound, refs.upperBound] }
}
