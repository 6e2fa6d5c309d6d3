import DAP
import TaskTypes

// What is kept of an accepted report so that it can leave its bucket's sum again: the output share, or the input share
// where that is smaller and the output share can be computed from it. It is sealed under the bucket's key for this report,
// and goes when the report leaves the sum; when the bucket is collected its key goes, and its rows in slices later.

/// The kept shares of one role's reports.
enum KeptShares: Sendable {
    case leader
    case helper

    var table: String {
        switch self {
        case .leader: "leader_kept_shares"
        case .helper: "helper_kept_shares"
        }
    }

    /// The table of the reports themselves.
    var reports: String {
        switch self {
        case .leader: "leader_reports"
        case .helper: "helper_reports"
        }
    }

    /// The state of a report that is in a sum, as a literal.
    var acceptedState: Int64 {
        switch self {
        case .leader: ReportState.accepted.rawValue
        case .helper: HelperReportState.accepted.rawValue
        }
    }

    var role: Role {
        switch self {
        case .leader: .leader
        case .helper: .helper
        }
    }
}

/// An accepted report, of which one of the shares is kept.
struct KeptShare: Sendable {
    /// The report's row.
    let report: Int64
    let id: ReportID
    let outputShare: [UInt8]
    /// Opened.
    let inputShare: [UInt8]
}

extension Session {
    /// Keeps the smaller share of each report, all of one bucket.
    func keep(_ table: KeptShares, _ shares: [KeptShare], key: ShareKey, _ vdaf: any TaskVDAF) throws {
        let kind: KeptKind = vdaf.sizes.isInputShareSmaller(of: table.role) ? .input : .output
        try executeMany(
            "INSERT INTO \(table.table) (report, share_key, kind, share) VALUES ($1, $2, $3, $4)",
            try shares.map { share in
                let kept = kind == .input ? share.inputShare : share.outputShare
                return [share.report, key.number, kind.rawValue, try key.seal(kept, of: kind.owner(share.id)).blob]
            })
    }

    /// Takes reports of one bucket out of its sum and deletes what was kept of them.
    ///
    /// Their rows say already that they are not accepted any more.
    ///
    /// - Parameter reports: the numbers of their rows, however many, none twice.
    /// - Throws: `.corrupt` where nothing is kept of one, so that the sum would keep it.
    func takeOut(
        _ table: KeptShares, _ task: TaskKey, _ bucket: Bucket, _ reports: [Int64], _ vdaf: any TaskVDAF
    ) throws {
        let blockSize = max(1, min(256, Self.blockBytes / max(1, vdaf.sizes.outputShare)))
        var start = 0
        while start < reports.count {
            let block = reports[start..<min(start + blockSize, reports.count)]
            let removed = try keptOutputShares(table, task, of: Array(block), vdaf)
            guard removed.count == block.count else {
                throw DatastoreError.corrupt("nothing is kept of a report that is to leave its sum")
            }
            try changeSum(table, task, bucket, BucketChange(removed: removed), vdaf)
            try executeMany("DELETE FROM \(table.table) WHERE report = $1", block.map { [$0] })
            start += block.count
        }
    }

    /// The output shares of accepted reports, opened or computed again. Nothing for those of which nothing is kept.
    ///
    /// - Parameter reports: the numbers of their rows; as many as may be in memory.
    func keptOutputShares(
        _ table: KeptShares, _ task: TaskKey, of reports: [Int64], _ vdaf: any TaskVDAF
    ) throws -> [SummedReport] {
        guard !reports.isEmpty else { return [] }
        guard let id = try first("SELECT task_id FROM task_ids WHERE task = $1", [task]) else {
            throw DatastoreError.corrupt("task_ids has no row of a task")
        }
        let taskID = try id.id("task_id", as: TaskID.self)
        let found = try rows([], matching: reports.map(SQLValue.integer)) {
            """
            SELECT r.report_id, r.time, s.kind, s.share, k.share_key, k.secret FROM \(table.table) AS s
            JOIN \(table.reports) AS r ON r.report = s.report LEFT JOIN share_keys AS k ON k.share_key = s.share_key
            WHERE s.report IN (\($0))
            """
        }
        return try found.map { row in
            let (report, kind) = (try row.id("report_id", as: ReportID.self), try row.code("kind", as: KeptKind.self))
            guard try row.optionalInteger("share_key") != nil else { throw Self.keyIsGone }
            var share = try ShareKey(row).open(row.bytes("share"), of: kind.owner(report))
            if kind == .input {
                do {
                    share = try vdaf.outputShare(of: table.role, inputShare: share, taskID: taskID)
                } catch {
                    throw DatastoreError.corrupt("the kept share of report \(report.hex): \(error)")
                }
            }
            return SummedReport(id: report, time: try row.integer("time"), outputShare: share)
        }
    }

    /// Of output shares that are in memory at once.
    private static var blockBytes: Int { 16 << 20 }
}

/// Which share of a report is kept.
enum KeptKind: Int64 {
    case output = 0
    case input = 1

    /// What it is sealed for. The kind is part of it: an input share must not be taken for an output share.
    func owner(_ report: ReportID) -> [UInt8] { report.bytes + [UInt8(rawValue)] }
}
