/// Which batch a collector asks for (DAP-18 sections 4.6.1, 5.1.1 and 5.2.1).
///
/// ```
/// struct { BatchMode batch_mode; opaque config<0..2^16-1>; } Query;
/// ```
/// `config` is an ``Interval`` in time-interval mode and empty in leader-selected mode.
public struct Query: Hashable, WireMessage {
    /// How the task's batches are named.
    public let batchMode: BatchMode
    /// Which batch, as the mode encodes it.
    public let config: [UInt8]

    /// A query as it stands on the wire.
    public init(batchMode: BatchMode, config: [UInt8]) {
        self.batchMode = batchMode
        self.config = config
    }

    /// The reports of an interval of time.
    public static func timeInterval(_ interval: Interval) -> Query {
        Query(batchMode: .timeInterval, config: interval.encoded())
    }

    /// The leader's next batch.
    public static let leaderSelected = Query(batchMode: .leaderSelected, config: [])

    /// The interval asked for, nil in leader-selected mode.
    ///
    /// - Throws: where `config` is not what the batch mode prescribes. That the interval is valid is the caller's
    /// check,   because the standard answers it with another error (`batchInvalid`).
    public func interval() throws(CodecError) -> Interval? {
        switch batchMode {
        case .timeInterval:
            return try Interval(decoding: config)
        case .leaderSelected:
            guard config.isEmpty else { throw .trailingBytes(config.count) }
            return nil
        }
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        batchMode = try BatchMode(from: &reader)
        config = try reader.opaque16("config")
    }

    public func encode(into writer: inout ByteWriter) {
        batchMode.encode(into: &writer)
        writer.opaque16(config)
    }
}
