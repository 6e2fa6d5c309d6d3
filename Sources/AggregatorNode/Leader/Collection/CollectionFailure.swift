import DAP
import Datastore

/// Ends a collection job with what its resource answers until it is asked for again. Anything else that goes wrong is
/// tried again.
struct CollectionFailure: Error {
    var problem: CollectionProblem
    /// What becomes of the batch, if one was chosen.
    var batch: BatchFate
    /// Whether an operator has to look at it: the aggregators, or this one and its task, do not fit each other.
    var concernsOperator: Bool
    /// The helper's word, which has to come twice: a request can be mutilated on its way, and be refused for that.
    var isRefusal = false
    /// Somebody's word, perhaps that of a proxy, that a request is too long: it has to come again and again.
    var isTooLong = false
    /// Whether something else came just before, when the request was sent the first time.
    var isFirstOfItsKind = false
    /// Seconds that the answer asked to wait, where the request is sent again.
    var retryAfter: Int?

    init(_ type: DAPErrorType?, _ detail: String, batch: BatchFate = .reopened, concernsOperator: Bool = false) {
        problem = CollectionProblem(type: type, detail: detail)
        self.batch = batch
        self.concernsOperator = concernsOperator
    }

    static let deleted = CollectionFailure(nil, "Deleted by the collector.")

    static func tooFew(_ count: UInt64, minimum: UInt64) -> CollectionFailure {
        CollectionFailure(
            .invalidBatchSize,
            "The batch holds \(count) validated reports, the task's minimum is \(minimum). "
                + "Ask again when more have been uploaded.")
    }

    static func tooMany(_ count: UInt64, maximum: UInt64) -> CollectionFailure {
        CollectionFailure(
            .invalidBatchSize,
            "The interval holds \(count) validated reports, the task's maximum is \(maximum). "
                + "Ask for a shorter interval.")
    }

    /// The helper has named reports that it does not hold, again and again.
    static func endless(held: UInt64, mode: BatchMode) -> CollectionFailure {
        CollectionFailure(
            .batchMismatch,
            "The helper has named reports that it does not hold \(CollectionPatience.mostComparisons + 1) times, the last "
                + "time of \(held) that the leader had: its operator has to say what has become of them.",
            batch: BatchFate(after: .batchMismatch, mode: mode), concernsOperator: true)
    }

    /// The list of the batch's reports is longer than the helper takes, or what stands before it. Nothing that the nodes do by
    /// themselves makes it shorter.
    ///
    /// - Parameter attempts: how often the request was sent for this answer.
    static func tooLong(
        request: String, detail: String, retryAfter: Int?, attempts: Int, helper: String, held: UInt64, mode: BatchMode
    ) -> CollectionFailure {
        var text =
            "The leader asks the helper at \(helper) for \(request), with a list of \(held) reports in a request of "
            + "\(UInt64(ReportID.size) * held) bytes, and is told that it is too long (\(detail)). Whoever runs the helper, or "
            + "the proxy before it, has to let requests of this length through."
        if mode == .timeInterval { text += " Or ask for a shorter interval." }
        var failure = CollectionFailure(
            .invalidBatchSize, text, batch: BatchFate(after: .batchMismatch, mode: mode), concernsOperator: true)
        failure.isTooLong = true
        failure.retryAfter = retryAfter
        failure.isFirstOfItsKind = attempts > 1
        return failure
    }

    static let overlap = CollectionFailure(
        .batchOverlap, "The interval includes reports of a batch that is being, or has been, collected.")

    /// The helper refuses its part, with one of DAP's errors (DAP-18: the job fails 'with the error that caused the
    /// failure').
    ///
    /// - Parameters:
    ///   - request: what was asked for.
    ///   - held: how many reports the leader has in the batch.
    static func refused(
        _ type: DAPErrorType, detail: String, request: String, held: UInt64, mode: BatchMode
    ) -> CollectionFailure {
        var text = "The leader holds \(held) validated reports of the batch; the helper refuses \(request): \(detail)"
        switch (type, mode) {
        case (.batchMismatch, .timeInterval):
            text += " Nothing was released. Ask for intervals that leave out the time about which they disagree."
        case (.batchMismatch, .leaderSelected):
            text += " Nothing was released. The batch is set aside; ask again for the next one."
        case (.batchOverlap, .leaderSelected):
            text += " The batch cannot be collected any more; ask again for the next one."
        default: break
        }
        var failure = CollectionFailure(
            type, text, batch: BatchFate(after: type, mode: mode), concernsOperator: type != .invalidBatchSize)
        failure.isRefusal = true
        return failure
    }
}

extension BatchFate {
    /// What becomes of a batch when the helper refuses its part with this error. Pure.
    ///
    /// The leader has released nothing before it publishes, so a batch may always be asked for again. But the leader
    /// chooses among batches by age: one that the helper refuses would be in the way of all later ones.
    package init(after type: DAPErrorType, mode: BatchMode) {
        switch (type, mode) {
        // The collector names the interval, and can name another.
        case (_, .timeInterval): self = .reopened
        case (.invalidBatchSize, .leaderSelected): self = .reopened
        case (.batchOverlap, .leaderSelected): self = .lost
        case (_, .leaderSelected): self = .disputed
        }
    }
}

/// The helper cannot do its part now, or what it answered does not count; the same request is sent again later.
struct HelperUnavailable: Error, CustomStringConvertible {
    var description: String
    /// Seconds that the answer asked to wait.
    var retryAfter: Int?
    /// How the job ends where this is not worth waiting for any longer; nil: it is repeated for as long as it takes.
    var fallback: CollectionFailure?
    /// Whether it stands for a failure that may have to be said once more.
    var repeatsFailure = false
}
