import DAP

/// The leader asks the helper why reports are not among those that both accepted.
///
///     struct {
///         ReportID report_ids<0..2^32-1>;
///     } RefusalQuestion;
package struct RefusalQuestion: WireMessage, Equatable {
    package var reportIDs: [ReportID]

    package init(reportIDs: [ReportID]) {
        self.reportIDs = reportIDs
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        reportIDs = try reader.reportIDs()
    }

    package func encode(into writer: inout ByteWriter) {
        writer.reportIDs(reportIDs)
    }
}

/// The helper's answer: a `rejected` or `withdrawal` entry for each report, in order; empty where it has neither.
///
///     struct {
///         opaque entry<0..2^16-1>;
///     } Refusal;
///
///     struct {
///         Refusal refusals<0..2^32-1>;
///     } RefusalAnswer;
package struct RefusalAnswer: WireMessage, Equatable {
    package var entries: [[UInt8]?]

    package init(entries: [[UInt8]?]) {
        self.entries = entries
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        var inner = ByteReader(try reader.opaque32("refusals"))
        entries = []
        while inner.remaining > 0 {
            let entry = try inner.opaque16("entry")
            entries.append(entry.isEmpty ? nil : entry)
        }
    }

    package func encode(into writer: inout ByteWriter) {
        var inner = ByteWriter()
        for entry in entries { inner.opaque16(entry ?? []) }
        writer.opaque32(inner.bytes)
    }
}
