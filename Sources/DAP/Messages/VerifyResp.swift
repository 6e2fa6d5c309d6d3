/// The helper's answer about one report (DAP-18 section 4.5.3.2).
///
/// ```
/// enum { continue(0), finish(1), reject(2), (255) } VerifyRespType;
/// struct {
///   ReportID report_id; VerifyRespType verify_resp_type;
///   select (VerifyResp.verify_resp_type) {
///     case continue: opaque payload<1..2^32-1>;
///     case finish:   Empty;
///     case reject:   ReportError report_error;
///   };
/// } VerifyResp;
/// ```
public struct VerifyResp: Hashable, WireMessage {
    /// What the helper says of a report.
    public enum Outcome: Hashable, Sendable {
        /// The helper's ping-pong message.
        case `continue`(payload: [UInt8])
        /// The helper has accepted the report, and has nothing to say for it.
        case finish
        /// The helper has rejected the report, for this reason.
        case reject(ReportError)
    }

    /// The report that it is about.
    public let reportID: ReportID
    /// What becomes of it.
    public let outcome: Outcome

    /// The message with these fields.
    public init(reportID: ReportID, outcome: Outcome) {
        self.reportID = reportID
        self.outcome = outcome
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        reportID = try ReportID(from: &reader)
        let type = try reader.uint8("verify_resp_type")
        switch type {
        case 0: outcome = .continue(payload: try reader.opaque32("payload", allowEmpty: false))
        case 1: outcome = .finish
        case 2: outcome = .reject(try ReportError(from: &reader))
        default: throw .unsupported(field: "verify_resp_type", value: UInt64(type))
        }
    }

    public func encode(into writer: inout ByteWriter) {
        reportID.encode(into: &writer)
        switch outcome {
        case .continue(let payload):
            writer.write(UInt8(0))
            writer.opaque32(payload)
        case .finish:
            writer.write(UInt8(1))
        case .reject(let error):
            writer.write(UInt8(2))
            error.encode(into: &writer)
        }
    }
}
