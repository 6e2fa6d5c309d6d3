/// How a task's reports are sorted into batches (DAP-18 section 5).
///
/// ```
/// enum { reserved(0), time_interval(1), leader_selected(2), (255) } BatchMode;
/// ```
public enum BatchMode: UInt8, Sendable, Hashable, CaseIterable, WireMessage {
    /// By the report's time; the collector asks for an interval.
    case timeInterval = 1
    /// As the leader likes; the collector asks for the next batch.
    case leaderSelected = 2

    public init(from reader: inout ByteReader) throws(CodecError) {
        let code = try reader.uint8("batch_mode")
        guard let mode = BatchMode(rawValue: code) else {
            throw .unsupported(field: "batch_mode", value: UInt64(code))
        }
        self = mode
    }

    public func encode(into writer: inout ByteWriter) { writer.write(rawValue) }
}
