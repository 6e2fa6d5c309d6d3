// What DAP's error codes say to people: one table for problem documents and one for reports. The code stands in brackets
// behind the words, for whoever reads the standard or a node's log. Nobody is blamed that the code does not name.

extension DAPErrorType {
    /// What it means for whoever sent the request, in the middle of a sentence.
    public var words: String {
        switch self {
        case .invalidMessage: "it cannot use the request: the two programs may be of different versions"
        case .unrecognizedTask: "it does not have this task: its operator has not added it, or has removed it"
        case .unrecognizedAggregationJob: "it does not know the aggregation job any more"
        case .batchInvalid:
            "no batch can be what was asked for: an interval has to begin and end on whole units of the task"
        case .invalidBatchSize: "there are too few or too many reports for a batch of this task"
        case .invalidAggregationParameter: "the task's type takes no such aggregation parameter"
        case .batchMismatch: "the two nodes do not have the same reports in the batch: tell their operators"
        case .stepMismatch: "the two nodes are at different steps of the same work: tell their operators"
        case .batchOverlap: "reports of the batch have been collected before, or are being collected"
        case .unsupportedExtension: "the request has an extension that it does not know"
        case .invalidExtension: "the request's extensions are out of order or malformed"
        case .invalidTask: "it does not take part in this task"
        }
    }

    /// The words, and the code in brackets.
    public var explanation: String { "\(words) [\(rawValue)]" }
}

extension ReportError {
    /// What became of the report and why, in the middle of a sentence.
    public var words: String {
        switch self {
        case .batchCollected: "the batch that it belongs to has been collected already"
        case .reportReplayed: "the node has had a report of this id before"
        case .reportDropped: "the node does not process it, and gives no other reason"
        case .hpkeUnknownConfigID: "it is encrypted to a key that the node does not have (any more): contribute again"
        case .hpkeDecryptError: "the node cannot decrypt it"
        case .vdafVerifyError: "the two nodes did not find it valid together"
        case .taskExpired: "the task has ended"
        case .invalidMessage: "the node cannot read it: the two programs may be of different versions"
        case .reportTooEarly: "its time lies too far in the future by the node's clock: check this machine's clock"
        case .taskNotStarted: "the task has not begun"
        case .outdatedConfig: "it is encrypted to a key that the node has replaced: contribute again"
        }
    }

    /// The words, and the code in brackets.
    public var explanation: String { "\(words) [\(name)]" }
}

extension ReportError {
    /// What a stored or logged reason means: the standard's name in words, and any other text as it is.
    public static func explained(_ reason: String) -> String {
        allCases.first { $0.name == reason }?.explanation ?? reason
    }
}
