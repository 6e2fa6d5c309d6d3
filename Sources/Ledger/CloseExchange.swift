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
        let head = try Head(from: &reader)
        (selector, checkpointSize) = (head.selector, head.checkpointSize)
        reportIDs = try reader.reportIDs()
    }

    package func encode(into writer: inout ByteWriter) {
        Head(selector: selector, checkpointSize: checkpointSize).encode(into: &writer)
        writer.reportIDs(reportIDs)
    }

    /// What stands in front of the ids: for those who send or read them a page at a time.
    package struct Head: Sendable, Equatable {
        package var selector: BatchSelector
        package var checkpointSize: UInt64

        package init(selector: BatchSelector, checkpointSize: UInt64) {
            self.selector = selector
            self.checkpointSize = checkpointSize
        }

        package init(from reader: inout ByteReader) throws(CodecError) {
            selector = try BatchSelector(from: &reader)
            checkpointSize = try reader.uint64("checkpoint_size")
        }

        fileprivate func encode(into writer: inout ByteWriter) {
            selector.encode(into: &writer)
            writer.write(checkpointSize)
        }

        /// All of a proposal in front of the ids of so many reports.
        package func encoded(reports: UInt64) throws(CodecError) -> [UInt8] {
            var writer = ByteWriter()
            encode(into: &writer)
            writer.write(try ReportList.length(of: reports))
            return writer.bytes
        }
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
