import DAP
import Datastore

/// Ends a collection job with what its resource answers from then on. Anything else that goes wrong is tried again.
struct CollectionFailure: Error {
    var problem: CollectionProblem
    /// Whether the batch may be collected by a later job.
    var reopensBatch: Bool

    init(_ type: DAPErrorType?, _ detail: String, reopensBatch: Bool = false) {
        problem = CollectionProblem(type: type, detail: detail)
        self.reopensBatch = reopensBatch
    }

    static func tooFew(_ count: UInt64, minimum: UInt64) -> CollectionFailure {
        CollectionFailure(
            .invalidBatchSize,
            "The batch holds \(count) validated reports, the task's minimum is \(minimum). "
                + "Ask again when more have been uploaded.", reopensBatch: true)
    }

    static func tooMany(_ count: UInt64, maximum: UInt64) -> CollectionFailure {
        CollectionFailure(
            .invalidBatchSize,
            "The interval holds \(count) validated reports, the task's maximum is \(maximum). "
                + "Ask for a shorter interval.", reopensBatch: true)
    }
}

/// The helper cannot do its part now; the step is tried again later.
struct HelperUnavailable: Error, CustomStringConvertible {
    var description: String

    /// What an error response of the helper means for a collection: a DAP error is final (DAP-18: the job fails 'with
    /// the error that caused the failure'), anything else may be an operator's to cure.
    ///
    /// - Parameter reopens: for which errors the batch may be collected by a later job.
    static func interpret(
        _ response: PeerResponse, _ request: String, reopens: (DAPErrorType) -> Bool
    ) -> any Error {
        let text = response.problem?.description ?? "status \(response.status)"
        guard let type = response.problem?.type, type != .unrecognizedTask, response.status < 500 else {
            return HelperUnavailable(description: "\(request): \(text)")
        }
        return CollectionFailure(
            type, "The helper refuses \(request): \(response.problem?.detail ?? type.title)",
            reopensBatch: reopens(type))
    }
}
