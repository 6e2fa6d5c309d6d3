/// Which batch the leader asks the helper's share of (DAP-18 sections 4.6.4, 5.1.2 and 5.2.3).
///
/// ```
/// struct { BatchMode batch_mode; opaque config<0..2^16-1>; } BatchSelector;
/// ```
/// `config` is an ``Interval`` in time-interval mode and a ``BatchID`` in leader-selected mode.
public struct BatchSelector: Hashable, WireMessage {
    /// A selector whose `config` has been understood.
    public enum Batch: Hashable, Sendable {
        /// All reports whose times lie in an interval.
        case timeInterval(Interval)
        /// A batch that the leader has put together.
        case leaderSelected(BatchID)
    }

    /// How the task's batches are named.
    public let batchMode: BatchMode
    /// Which batch, as the mode encodes it.
    public let config: [UInt8]

    /// A selector as it stands on the wire; ``batch()`` says whether it is understood.
    public init(batchMode: BatchMode, config: [UInt8]) {
        self.batchMode = batchMode
        self.config = config
    }

    /// The batch of an interval.
    public static func timeInterval(_ interval: Interval) -> BatchSelector {
        BatchSelector(batchMode: .timeInterval, config: interval.encoded())
    }

    /// The batch that the leader has given this id.
    public static func leaderSelected(_ id: BatchID) -> BatchSelector {
        BatchSelector(batchMode: .leaderSelected, config: id.bytes)
    }

    /// - Throws: where `config` is not what the batch mode prescribes.
    public func batch() throws(CodecError) -> Batch {
        switch batchMode {
        case .timeInterval: .timeInterval(try Interval(decoding: config))
        case .leaderSelected: .leaderSelected(try BatchID(decoding: config))
        }
    }

    /// Whether the leader may answer `query` with this batch: same mode, and the interval lies within the one asked
    /// for.
    public func isConsistent(with query: Query) -> Bool {
        guard query.batchMode == batchMode, let batch = try? batch() else { return false }
        switch batch {
        case .timeInterval(let interval):
            guard let asked = try? query.interval() else { return false }
            return asked.contains(interval)
        case .leaderSelected:
            return query.config.isEmpty
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
