import DAP
import TaskTypes

/// One row of `cairn bench node`: which reports are made, and how they get to the leader.
package struct LoadCase: Sendable, Equatable {
    package let kind: LoadKind
    package let isCommitted: Bool
    package let batchMode: BatchMode
    /// All of one batch.
    package let reports: Int
    /// In one upload request; fewer where they would be more than ``mostRequestBytes``.
    package let reportsPerRequest: Int
    /// Connections that stay open, each with one request under way at a time.
    package let connections: Int

    package static let defaultReportsPerRequest = 100
    package static let defaultConnections = 8
    /// Of a request with more than one report, as contributors' own requests have it.
    package static let mostRequestBytes = 1 << 20

    private static let reportCounts = 2...1_000_000
    /// Nodes take no more in a request.
    private static let requestSizes = 1...1_000
    /// As many as one process opens to a server.
    private static let connectionCounts = 1...8

    /// - Parameter reports: ``LoadKind/defaultReports`` if nil.
    /// - Throws: `.invalidOption` for numbers out of range.
    package init(
        _ kind: LoadKind, isCommitted: Bool, batchMode: BatchMode = .leaderSelected, reports: Int? = nil,
        reportsPerRequest: Int = defaultReportsPerRequest, connections: Int = defaultConnections
    ) throws(BenchError) {
        func check(_ value: Int, _ option: String, _ range: ClosedRange<Int>) throws(BenchError) {
            guard range.contains(value) else {
                throw .invalidOption("\(option) \(value): \(range.lowerBound) to \(range.upperBound) are possible.")
            }
        }
        let count = reports ?? kind.defaultReports
        try check(count, "--reports", Self.reportCounts)
        try check(reportsPerRequest, "--per-request", Self.requestSizes)
        try check(connections, "--connections", Self.connectionCounts)
        self.kind = kind
        self.isCommitted = isCommitted
        self.batchMode = batchMode
        self.reports = count
        self.reportsPerRequest = reportsPerRequest
        self.connections = connections
    }

    package var vdaf: VDAFConfiguration {
        get throws(VDAFConfigurationError) {
            isCommitted ? .committed(try kind.configuration) : try kind.configuration
        }
    }

    /// `histogram 100, committed`
    package var title: String { "\(kind.title), \(isCommitted ? "committed" : "plain")" }

    /// How many reports go into a request.
    ///
    /// - Parameter reportBytes: of one report on the line.
    package func requestSize(reportBytes: Int) -> Int {
        max(1, min(reportsPerRequest, Self.mostRequestBytes / max(1, reportBytes)))
    }
}
