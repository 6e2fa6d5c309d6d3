import DAP
import Tasks

/// The lists `ReportID report_ids<0..2^32-1>` with which the aggregators name the reports of a batch to each other.
package enum ReportList {
    /// The most ids in an answer: how many reports a helper names in one as those that it lacks, and the leader's next question
    /// brings the rest. Whatever a leader sends, no more of its ids are kept in memory.
    package static let mostNamed = 1 << 18

    /// The list's length, as it stands in front of so many ids.
    package static func length(of reports: UInt64) throws(CodecError) -> UInt32 {
        guard reports <= TaskConfiguration.largestBatch else {
            throw .tooLong(
                field: "report_ids", maximum: Int(clamping: TaskConfiguration.largestBatch) * ReportID.size)
        }
        return UInt32(reports) * UInt32(ReportID.size)
    }
}
