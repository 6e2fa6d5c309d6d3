import DAP

/// Reads a message that ends in a list of report ids while it comes, so that a list as long as a batch is never in memory.
///
///     struct { Head head; ReportID report_ids<0..2^32-1>; }
///
/// Bytes go in as they come, the head and ids come out; what the whole message's decoder refuses is refused here, at the
/// latest at the end.
package struct ReportListReader<Head: Sendable>: Sendable {
    private let decodeHead: @Sendable (inout ByteReader) throws(CodecError) -> Head
    /// What has come and was not taken out.
    private var pending: [UInt8] = []
    /// Bytes of the list that have not come.
    private var outstanding = 0

    /// What stands in front of the list, once that has come.
    package private(set) var head: Head?
    /// How many ids the list has, as the message says.
    package private(set) var count = 0

    package init(_ decodeHead: @escaping @Sendable (inout ByteReader) throws(CodecError) -> Head) {
        self.decodeHead = decodeHead
    }

    package mutating func append(_ bytes: some Sequence<UInt8>) throws(CodecError) {
        let before = pending.count
        pending.append(contentsOf: bytes)
        if head == nil { try takeHead() } else { try count(pending.count - before) }
    }

    /// The ids that have come since the last call.
    package mutating func takeIDs() -> [ReportID] {
        guard head != nil else { return [] }
        let whole = pending.count / ReportID.size
        let ids = (0..<whole).map { index in
            ReportID(unchecked: Array(pending[index * ReportID.size..<(index + 1) * ReportID.size]))
        }
        pending.removeFirst(whole * ReportID.size)
        return ids
    }

    /// No more will come.
    package func finish() throws(CodecError) {
        if head == nil {
            var reader = ByteReader(pending)
            _ = try decodeHead(&reader)
            _ = try reader.uint32("report_ids")
        }
        guard outstanding == 0 else {
            let needed = count * ReportID.size
            throw .truncated(field: "report_ids", needed: needed, available: needed - outstanding)
        }
    }

    private mutating func takeHead() throws(CodecError) {
        var reader = ByteReader(pending)
        let (decoded, length): (Head, UInt32)
        do throws(CodecError) {
            (decoded, length) = (try decodeHead(&reader), try reader.uint32("report_ids"))
        } catch .truncated {
            // There is more to come, or finish() says so.
            return
        }
        let rest = Int(length) % ReportID.size
        guard rest == 0 else { throw .truncated(field: ReportID.name, needed: ReportID.size, available: rest) }
        pending.removeFirst(pending.count - reader.remaining)
        count = Int(length) / ReportID.size
        outstanding = Int(length)
        head = decoded
        try count(pending.count)
    }

    private mutating func count(_ arrived: Int) throws(CodecError) {
        guard arrived <= outstanding else { throw .trailingBytes(arrived - outstanding) }
        outstanding -= arrived
    }
}
