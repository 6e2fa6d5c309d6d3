import DAP

/// The leader's proposal of a batch's leaves to the helper.
///
///     struct {
///         BatchSelector batch_selector;
///         uint64 checkpoint_size;             /* a cosigned checkpoint that covers all the leaves */
///         ReportID report_ids<0..2^32-1>;     /* in log order */
///     } CloseProposal;
package struct CloseProposal: WireMessage, Equatable {
    package var selector: BatchSelector
    package var checkpointSize: UInt64
    package var reportIDs: [ReportID]

    package init(selector: BatchSelector, checkpointSize: UInt64, reportIDs: [ReportID]) {
        self.selector = selector
        self.checkpointSize = checkpointSize
        self.reportIDs = reportIDs
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        selector = try BatchSelector(from: &reader)
        checkpointSize = try reader.uint64("checkpoint_size")
        reportIDs = try reader.reportIDs()
    }

    package func encode(into writer: inout ByteWriter) {
        selector.encode(into: &writer)
        writer.write(checkpointSize)
        writer.reportIDs(reportIDs)
    }

    /// All in front of the ids of so many reports: for one who sends them a page at a time.
    package static func head(selector: BatchSelector, checkpointSize: UInt64, reports: UInt32) -> [UInt8] {
        var writer = ByteWriter()
        selector.encode(into: &writer)
        writer.write(checkpointSize)
        writer.write(reports * UInt32(ReportID.size))
        return writer.bytes
    }
}

/// The helper's answer: its signature over the close, or the reports that it cannot stand by.
///
///     struct {
///         enum { signed(0), drop(1), (255) } answer_type;
///         select (answer_type) {
///             case signed: opaque helper_signature[64];
///             case drop:   ReportID report_ids<0..2^32-1>;
///         };
///     } CloseAnswer;
package enum CloseAnswer: WireMessage, Equatable {
    case signed([UInt8])
    /// The leader leaves these out, logs them `rejected` and proposes again.
    case drop([ReportID])

    package init(from reader: inout ByteReader) throws(CodecError) {
        switch try reader.uint8("answer_type") {
        case 0: self = .signed(try reader.bytes(LedgerSignature.size, "helper_signature"))
        case 1: self = .drop(try reader.reportIDs())
        case let other: throw .unsupported(field: "answer_type", value: UInt64(other))
        }
    }

    package func encode(into writer: inout ByteWriter) {
        switch self {
        case .signed(let signature):
            writer.write(UInt8(0))
            writer.write(signature)
        case .drop(let ids):
            writer.write(UInt8(1))
            writer.reportIDs(ids)
        }
    }
}

extension ByteReader {
    mutating func reportIDs() throws(CodecError) -> [ReportID] {
        var inner = ByteReader(try opaque32("report_ids"))
        var ids: [ReportID] = []
        ids.reserveCapacity(inner.remaining / ReportID.size)
        while inner.remaining > 0 { ids.append(try ReportID(from: &inner)) }
        return ids
    }
}

extension ByteWriter {
    mutating func reportIDs(_ ids: [ReportID]) {
        var inner = ByteWriter()
        for id in ids { id.encode(into: &inner) }
        opaque32(inner.bytes)
    }
}
