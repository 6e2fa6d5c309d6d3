import DAP

/// The leader asks the helper which reports of a batch it does not hold, after the helper said that they disagree about
/// it (`Protocols/reconciliation.md`). Only of tasks that log no reports: in the others the `close` does this.
///
///     struct {
///         BatchSelector batch_selector;
///         ReportID report_ids<0..2^32-1>;     /* all that the leader holds, in any order, none twice */
///     } BatchComparison;
package struct BatchComparison: WireMessage, Equatable {
    package var selector: BatchSelector
    package var reportIDs: [ReportID]

    /// Of a request's `Content-Type`.
    package static let mediaType = "application/vnd.cairn.batch-comparison"

    package init(selector: BatchSelector, reportIDs: [ReportID]) {
        self.selector = selector
        self.reportIDs = reportIDs
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        selector = try BatchSelector(from: &reader)
        reportIDs = try reader.reportIDs()
    }

    package func encode(into writer: inout ByteWriter) {
        selector.encode(into: &writer)
        writer.reportIDs(reportIDs)
    }

    /// All in front of the ids of so many reports: for one who sends them a page at a time.
    package static func head(selector: BatchSelector, reports: UInt64) throws(CodecError) -> [UInt8] {
        var writer = ByteWriter()
        selector.encode(into: &writer)
        writer.write(try ReportList.length(of: reports))
        return writer.bytes
    }
}

/// The helper's answer: what the leader has to leave out, and how many reports the helper itself has dropped for good,
/// so that both hold the same.
///
///     struct {
///         ReportID missing<0..2^32-1>;
///         uint64 dropped;
///     } BatchDifference;
package struct BatchDifference: WireMessage, Equatable, Sendable {
    /// Reports that the leader named and the helper has not accepted for this batch; no more than ``ReportList/mostNamed``.
    package var missing: [ReportID]
    /// How many other reports the helper had in the batch.
    package var dropped: UInt64

    /// Of the answer's `Content-Type`.
    package static let mediaType = "application/vnd.cairn.batch-difference"

    package init(missing: [ReportID], dropped: UInt64) {
        self.missing = missing
        self.dropped = dropped
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        missing = try reader.reportIDs()
        dropped = try reader.uint64("dropped")
    }

    package func encode(into writer: inout ByteWriter) {
        writer.reportIDs(missing)
        writer.write(dropped)
    }
}
