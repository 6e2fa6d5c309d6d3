import DAP
import Ledger
import NodeAPI

// How long requests about a task may be. A request that is longer than anything its task can need is refused before it
// is read: a count's report has 300 bytes, a model update's some megabytes, and strangers choose neither.

extension NodeTask {
    /// The most bytes of a request's body where its resource leaves it to the task.
    package func limit(_ bound: TaskBound) -> Int {
        switch bound {
        case .upload: uploadLimit
        case .job: jobLimit
        case .reports: closeLimit
        // Anybody may send one, so none is larger than the task's models, aggregates, λ and payout tables.
        case .logEntry: min(BodyLimit.logEntry, 4 << 20 + 32 * validated.vdaf.outputLength)
        }
    }

    /// The most reports of an upload. Our clients send up to 256 a request, and no more than a megabyte where it is not
    /// one report.
    package var reportsPerUpload: Int {
        min(Self.mostReportsPerUpload, max(1, Self.uploadBytes / vdaf.sizes.largestReport))
    }

    /// The most bytes of an upload.
    package var uploadLimit: Int { reportsPerUpload * vdaf.sizes.largestReport }

    /// The most reports of an aggregation job: as many as have output shares of 512 MiB together, which is what a
    /// request of any size may ask a helper for, and no more than 10,000.
    package var reportsPerJob: Int {
        min(Self.mostReportsPerJob, max(1, Self.jobOutputBytes / validated.vdaf.outputShareSize))
    }

    /// The most bytes of a request about an aggregation job.
    package var jobLimit: Int {
        min(BodyLimit.aggregationJob, BodyLimit.small + reportsPerJob * vdaf.sizes.largestVerifyInit)
    }

    /// The most bytes of a request that lists the reports of a batch. It is read as it comes, so it may be long.
    package var closeLimit: Int { BodyLimit.small + ReportID.size * Int(clamping: maxBatchSize) }

    /// The most bytes of an answer that names reports of a batch of so many.
    package static func listedLimit(of reports: UInt64) -> Int {
        BodyLimit.small + ReportID.size * min(Int(clamping: reports), ReportList.mostNamed)
    }

    /// The most bytes of an answer with a verdict on each of so many reports, all that a helper says included.
    package static func verdictLimit(of reports: Int) -> Int {
        min(BodyLimit.aggregationJob, BodyLimit.small + verdictBytes * reports)
    }

    /// The most bytes of an answer with a signed entry for each of so many reports.
    package static func entryLimit(of reports: Int) -> Int { BodyLimit.small + entryBytes * reports }

    private static let verdictBytes = 1_024
    private static let entryBytes = 512
    private static let mostReportsPerUpload = 1_000
    private static let uploadBytes = 16 << 20
    private static let mostReportsPerJob = 10_000
    private static let jobOutputBytes = 512 << 20
}
