/// Where a report stands with the helper; the numbers are in the database. Whether its batch is closed or collected is the
/// batch's fate, one row for all of its reports.
enum HelperReportState: Int64 {
    /// Verified, and part of its bucket's sum until that is collected.
    case accepted = 0
    /// Withdrawn, or left out of the batch; it counts for nothing any more.
    case dropped = 3
}
