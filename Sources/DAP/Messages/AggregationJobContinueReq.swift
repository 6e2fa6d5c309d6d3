/// The leader's next message about one report (DAP-18 section 4.5.4).
///
/// ```
/// struct { ReportID report_id; opaque payload<1..2^32-1>; } VerifyContinue;
/// ```
public struct VerifyContinue: Hashable, WireMessage {
    /// The report that the step is about.
    public let reportID: ReportID
    /// The leader's ping-pong message.
    public let payload: [UInt8]

    /// The message with these fields.
    public init(reportID: ReportID, payload: [UInt8]) {
        self.reportID = reportID
        self.payload = payload
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        reportID = try ReportID(from: &reader)
        payload = try reader.opaque32("payload", allowEmpty: false)
    }

    public func encode(into writer: inout ByteWriter) {
        reportID.encode(into: &writer)
        writer.opaque32(payload)
    }
}

/// Moves an aggregation job on by one step (DAP-18 section 4.5.4). One-round VDAFs never need it.
///
/// ```
/// struct { uint16 step; VerifyContinue verify_continues[verify_continues_length]; } AggregationJobContinueReq;
/// ```
public struct AggregationJobContinueReq: Hashable, WireMessage {
    /// Which step of the job this is, from 1.
    public let step: UInt16
    /// The reports that go on, in the job's order.
    public let verifyContinues: [VerifyContinue]

    /// The message with these fields.
    public init(step: UInt16, verifyContinues: [VerifyContinue]) {
        self.step = step
        self.verifyContinues = verifyContinues
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        step = try reader.uint16("step")
        verifyContinues = try reader.list(of: VerifyContinue.self)
    }

    public func encode(into writer: inout ByteWriter) {
        writer.write(step)
        writer.write(verifyContinues)
    }
}
