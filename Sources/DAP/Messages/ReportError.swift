/// Why one report was refused, while others of the same request go on (DAP-18 section 4.1).
///
/// ```
/// enum {
///   reserved(0), batch_collected(1), report_replayed(2), report_dropped(3), hpke_unknown_config_id(4),
///   hpke_decrypt_error(5), vdaf_verify_error(6), task_expired(7), invalid_message(8), report_too_early(9),
///   task_not_started(10), outdated_config(11), (255)
/// } ReportError;
/// ```
public enum ReportError: UInt8, Error, Sendable, Hashable, CaseIterable, WireMessage {
    /// The batch that the report belongs to has been collected.
    case batchCollected = 1
    /// A report with this ID was received before.
    case reportReplayed = 2
    /// The aggregator cannot, or does not want to, process the report.
    case reportDropped = 3
    /// The input share is encrypted to a key that the aggregator does not know.
    case hpkeUnknownConfigID = 4
    /// The input share cannot be decrypted; also for an unknown key during aggregation.
    case hpkeDecryptError = 5
    /// The measurement is invalid, or the aggregators do not agree about it.
    case vdafVerifyError = 6
    /// The report's time lies after the task's interval.
    case taskExpired = 7
    /// Something inside the report cannot be decoded, or an extension is unknown, repeated or out of order.
    case invalidMessage = 8
    /// The report's time lies too far in the future.
    case reportTooEarly = 9
    /// The report's time lies before the task's interval.
    case taskNotStarted = 10
    /// Upload only: the client used an HPKE configuration that the leader does not have; fetch it again and retry.
    case outdatedConfig = 11

    /// The standard's name.
    public var name: String {
        switch self {
        case .batchCollected: "batch_collected"
        case .reportReplayed: "report_replayed"
        case .reportDropped: "report_dropped"
        case .hpkeUnknownConfigID: "hpke_unknown_config_id"
        case .hpkeDecryptError: "hpke_decrypt_error"
        case .vdafVerifyError: "vdaf_verify_error"
        case .taskExpired: "task_expired"
        case .invalidMessage: "invalid_message"
        case .reportTooEarly: "report_too_early"
        case .taskNotStarted: "task_not_started"
        case .outdatedConfig: "outdated_config"
        }
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        let code = try reader.uint8("report_error")
        guard let error = ReportError(rawValue: code) else {
            throw .unsupported(field: "report_error", value: UInt64(code))
        }
        self = error
    }

    public func encode(into writer: inout ByteWriter) { writer.write(rawValue) }
}

extension ReportError: CustomStringConvertible {
    public var description: String { name }
}
