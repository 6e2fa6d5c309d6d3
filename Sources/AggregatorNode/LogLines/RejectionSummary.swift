import DAP
import Logging

/// What reports are rejected for, for a log line: numbers by reason, and the first few ids.
struct RejectionSummary: Sendable {
    private var counts: [ReportError: Int] = [:]
    private var first: [ReportID] = []
    private(set) var total = 0

    private static let shown = 3

    init(_ rejected: some Sequence<(ReportID, ReportError)> = []) {
        for (report, error) in rejected { add(report, error) }
    }

    mutating func add(_ report: ReportID, _ error: ReportError) {
        total += 1
        counts[error, default: 0] += 1
        if first.count < Self.shown { first.append(report) }
    }

    /// `vdaf_verify_error: 2, report_replayed: 1`, the most frequent first.
    var reasons: String {
        counts.sorted { ($1.value, $0.key.name) < ($0.value, $1.key.name) }
            .map { "\($0.key.name): \($0.value)" }.joined(separator: ", ")
    }

    var metadata: Logger.Metadata {
        let ids = first.map(\.base64URL).joined(separator: ", ")
        return [
            "rejected": "\(total)", "reasons": "\(reasons)", "reports": "\(ids)\(total > first.count ? ", …" : "")",
        ]
    }
}
