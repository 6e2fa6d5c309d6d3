import Encodings

/// The error types of DAP (DAP-18 section 3.6; `invalidTask` from taskprov-04 section 2).
public enum DAPErrorType: String, Error, Sendable, Hashable, CaseIterable {
    /// A message could not be parsed or is otherwise invalid.
    case invalidMessage
    /// The task ID is unknown.
    case unrecognizedTask
    /// The aggregation job ID is unknown.
    case unrecognizedAggregationJob
    /// The query does not describe a set of batch buckets.
    case batchInvalid
    /// The batch holds too few reports.
    case invalidBatchSize
    /// The VDAF does not know the aggregation parameter.
    case invalidAggregationParameter
    /// The aggregators disagree on what is in the batch.
    case batchMismatch
    /// The aggregators disagree on the step of an aggregation job.
    case stepMismatch
    /// Reports in the batch were collected before.
    case batchOverlap
    /// A list of extensions holds an unknown one.
    case unsupportedExtension
    /// A list of extensions is out of order, or one of them is malformed.
    case invalidExtension
    /// The aggregator has opted out of the task.
    case invalidTask

    /// The `type` member of a problem document.
    public var urn: String { Self.prefix + rawValue }

    /// The error of a `type` member; nil for one that is not the standard's.
    public init?(urn: String) {
        guard let type = Self.allCases.first(where: { ProtocolText.same($0.urn, urn) }) else { return nil }
        self = type
    }

    /// A short sentence for the `title` member.
    public var title: String {
        switch self {
        case .invalidMessage: "The message could not be parsed or was invalid."
        case .unrecognizedTask: "The task is not known here."
        case .unrecognizedAggregationJob: "The aggregation job is not known here."
        case .batchInvalid: "The query does not describe a valid batch."
        case .invalidBatchSize: "The batch holds an invalid number of reports."
        case .invalidAggregationParameter: "The aggregation parameter is invalid."
        case .batchMismatch: "The aggregators disagree on the reports in the batch."
        case .stepMismatch: "The aggregators disagree on the step of the aggregation job."
        case .batchOverlap: "The batch includes reports that were collected before."
        case .unsupportedExtension: "An extension is not supported."
        case .invalidExtension: "An extension is invalid or out of order."
        case .invalidTask: "This aggregator does not take part in the task."
        }
    }

    /// The HTTP status that Cairn answers with; clients may treat it as 400 (DAP-18 section 3.3).
    public var defaultStatus: Int {
        switch self {
        case .unrecognizedTask, .unrecognizedAggregationJob: 404
        case .batchMismatch, .stepMismatch, .batchOverlap: 409
        default: 400
        }
    }

    private static let prefix = "urn:ietf:params:ppm:dap:error:"
}
