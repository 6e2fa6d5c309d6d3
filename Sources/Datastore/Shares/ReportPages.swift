import DAP

/// Where in the order of a batch's pages a report stands.
package struct ReportCursor: Sendable, Equatable {
    package var id: ReportID
    /// Its row.
    let report: Int64
    let time: Int64
}

extension Session {
    /// The next reports of a batch in the order of an index, by time and row or by row: at most `limit`, and as long a time
    /// for the last page as for the first.
    ///
    /// The rest of the last report's time and the times behind it are two statements. One that compares pairs would make
    /// SQLite read all before the page.
    ///
    /// - Parameters:
    ///   - last: the time and the row of the last report of the page before; nil for the first page.
    ///   - state: only reports in this one; nil: whatever became of them. (A leader's index has the accepted.)
    func reportPage(
        _ table: KeptShares, _ task: TaskKey, _ buckets: BucketRange, after last: (time: Int64, report: Int64)?,
        state: Int64?, limit: Int
    ) throws -> [ReportCursor] {
        let select = "SELECT r.report_id, r.report, r.time FROM \(table.reports) AS r WHERE"
        var filter = state.map { " AND r.state = \($0)" } ?? ""
        if buckets.kind == Bucket.batch(0).kind {
            return try rows(
                "\(select) r.batch = $1 AND r.report > $2\(filter) ORDER BY r.report LIMIT $3",
                [buckets.refs.lowerBound, last?.report ?? .min, limit]
            ).map(ReportCursor.init)
        }
        filter += " AND r.batch IS NULL"
        var found: [ReportCursor] = []
        if let last {
            found = try rows(
                "\(select) r.task = $1 AND r.time = $2 AND r.report > $3\(filter) ORDER BY r.report LIMIT $4",
                [task, last.time, last.report, limit]
            ).map(ReportCursor.init)
        }
        guard found.count < limit else { return found }
        let start = last.map { $0.time == .max ? .max : $0.time + 1 } ?? buckets.refs.lowerBound
        return found
            + (try rows(
                "\(select) r.task = $1 AND r.time >= $2 AND r.time < $3\(filter) ORDER BY r.time, r.report LIMIT $4",
                [task, start, buckets.refs.upperBound, limit - found.count]
            ).map(ReportCursor.init))
    }
}

extension ReportCursor {
    fileprivate init(_ row: SQLRow) throws {
        self.init(
            id: try row.id("report_id", as: ReportID.self), report: try row.integer("report"),
            time: try row.integer("time"))
    }
}
