import DAP
import Wallet

/// What is sent of a file, by what the wallet says about its rows. No I/O: see `TaskClient+Rows.swift`.
///
/// A file is the one that was sent before if it holds the same, whatever it and its column are called; or if it is where
/// that one was, its column is called the same, and all rows that were sent are still what they were, so that a file may
/// grow at its end. Two rows of equal values are two rows. Where a row that was sent says something else now, nothing is
/// sent, for nobody knows whether it is a correction or another file; and so where all rows of one file are the first of
/// another, or where most rows that were sent have the same values under another name of the column: that may be another
/// column, or a header that was added or mended.
package struct RowPlan: Sendable, Equatable {
    /// A report to be sent.
    package struct Step: Sendable, Equatable {
        /// Of the data, from 0.
        package let index: Int
        package let generation: UInt32
        /// When the report was made; nil for one that is made now, for the first time or, after a refusal, again.
        package let time: UInt64?

        package init(index: Int, generation: UInt32, time: UInt64? = nil) {
            (self.index, self.generation, self.time) = (index, generation, time)
        }
    }

    /// The file's id in the wallet.
    package let source: SourceID
    /// Rows without a report that is sent, or was taken back by its owner.
    ///
    /// One whose upload was refused is made again under its id: if it was kept all the same, it counts once.
    package var missing: [Step] = []
    /// Reports that nobody has answered for, and that are made again as they were.
    package var open: [Step] = []
    /// How many of the chosen rows are sent already.
    package var sentBefore = 0
    /// How many of the chosen rows their owner has taken back. They stay out.
    package var withdrawn = 0
    /// How many of the missing rows have reports that were refused.
    package var refusedBefore = 0
    /// How many of the missing rows have reports of other values, which are out.
    package var corrected = 0
    /// Where the file was when it was sent before, if it was sent from elsewhere.
    package var earlierPath: String?
    /// What its columns were called then, if that was something else.
    package var earlierColumns: String?
    /// Refused reports in whose place others are made, because their rows have other values now.
    package var replaced: Set<ReportID> = []

    /// A report of a row, as the wallet has it.
    package struct Known: Sendable {
        package let reportID: ReportID
        package let row: ReportRow
        package let state: ReportRecord.State
        package let doubt: ReportDoubt?
        package let time: UInt64

        package init(
            reportID: ReportID, row: ReportRow, state: ReportRecord.State, doubt: ReportDoubt?, time: UInt64
        ) {
            (self.reportID, self.row, self.state, self.doubt, self.time) = (reportID, row, state, doubt, time)
        }
    }

    /// What the wallet has of a file.
    package struct Past: Sendable {
        package let source: RowSource
        /// By row, from 0.
        package var reports: [Int: [Known]] = [:]

        package init(_ source: RowSource) { self.source = source }
    }

    /// - Parameters:
    ///   - chosen: the rows to be sent, from 0.
    ///   - past: the files of the task.
    ///   - newID: the file's id if it was not sent before.
    ///   - again: the owner wants all chosen rows to count once more.
    package init(
        _ file: RowFile.Outline, chosen: [Int], past: [Past], newID: SourceID, again: Bool
    ) throws(RowConflict) {
        let found = try Self.find(file, chosen: chosen, past: past, newID: newID, again: again)
        source = found?.source.key.sourceID ?? newID
        if let path = found?.source.path, path != file.path { earlierPath = path }
        if let columns = found?.source.columns, columns != file.columns { earlierColumns = columns }
        let rows = chosen.map { Row(found?.reports[$0] ?? [], digest: file.digests[$0]) }
        // How often each row is to count: `--again` that was interrupted is gone on with before all count once more.
        let most = rows.map(\.places).max() ?? 0
        let wanted = again ? (rows.allSatisfy { $0.places == most } ? most + 1 : most) : 1
        for (index, row) in zip(chosen, rows) {
            open += row.open.map { Step(index: index, generation: $0.row.generation, time: $0.time) }
            guard row.places < wanted else {
                if row.isWithdrawn { withdrawn += 1 } else if row.open.isEmpty { sentBefore += 1 }
                continue
            }
            if row.places == 0, row.next > 0 {
                if row.isKnown { refusedBefore += 1 } else { corrected += 1 }
            }
            let generations = row.refused + (0..<UInt32(wanted)).map { row.next + $0 }
            missing += generations.prefix(wanted - row.places).map { Step(index: index, generation: $0) }
            replaced.formUnion(row.replaced)
        }
    }

    /// One row: what has become of its reports.
    private struct Row {
        /// How many reports count, may count, or were taken back by their owner.
        var places = 0
        var open: [Known] = []
        /// Whether all of these were taken back.
        var isWithdrawn = true
        /// Whether any report has the value that the row has now.
        var isKnown = false
        /// The generations of reports whose upload was refused.
        var refused: [UInt32] = []
        /// Such reports of other values.
        var replaced: [ReportID] = []
        /// The generation of the next report.
        var next: UInt32 = 0

        init(_ reports: [Known], digest: [UInt8]) {
            for report in reports {
                next = max(next, report.row.generation + 1)
                guard report.row.digest == digest else {
                    if report.standing == .refused { replaced.append(report.reportID) }
                    continue
                }
                isKnown = true
                switch report.standing {
                case .out: continue
                case .refused: refused.append(report.row.generation)
                case .withdrawn: places += 1
                case .open:
                    places += 1
                    open.append(report)
                    isWithdrawn = false
                case .counts:
                    places += 1
                    isWithdrawn = false
                }
            }
            open.sort { $0.row.generation < $1.row.generation }
            refused.sort()
            if places == 0 { isWithdrawn = false }
        }
    }

    /// The file as it was sent before, if it was.
    private static func find(
        _ file: RowFile.Outline, chosen: [Int], past: [Past], newID: SourceID, again: Bool
    ) throws(RowConflict) -> Past? {
        let same =
            past.first { $0.source.contents == file.contents && $0.source.path == file.path }
            ?? past.first { $0.source.contents == file.contents } ?? past.first { $0.source.key.sourceID == newID }
        if let same, again { return same }
        // Those with most rows first; what comes through a pipe has no place.
        let there = past.filter {
            !file.path.isEmpty && $0.source.path == file.path && $0.source.columns == file.columns
        }
        .sorted { ($0.reports.count, $0.source.key.sourceID.name) > ($1.reports.count, $1.source.key.sourceID.name) }
        let found = ((same.map { [$0] } ?? []) + there).first { $0.changed(in: file, chosen).isEmpty }
        guard !again else { return found }
        if found == nil, let changed = there.first { throw .otherValues(rows: changed.changed(in: file, chosen)) }
        for other in past where other.source.key != found?.source.key && other.isAnotherName(of: file) {
            guard chosen.contains(where: { other.reports[$0] != nil && found?.reports[$0] == nil }) else { continue }
            throw .otherColumns(
                other.source.columns, rows: (other.reports.keys.max() ?? 0) + 1,
                changed: other.reports.keys.filter { !other.agrees(at: $0, with: file) && found?.reports[$0] == nil }
                    .sorted())
        }
        // Some equal rows are no sign of one file; that all rows of one are the first of the other is one.
        for other in past where other.source.key != found?.source.key && other.isBeginning(of: file) {
            guard chosen.contains(where: { other.reports[$0] != nil && found?.reports[$0] == nil }) else { continue }
            throw .beginsLike(path: other.source.path, rows: other.reports.count)
        }
        return found
    }
}

extension RowPlan.Past {
    /// The chosen rows that were sent with other values and not taken back, from 0.
    fileprivate func changed(in file: RowFile.Outline, _ chosen: [Int]) -> [Int] {
        chosen.filter { index in
            reports[index]?.contains { report in
                report.row.digest != file.digests[index]
                    && (report.standing == .open || report.standing == .counts)
            } ?? false
        }
    }

    /// Whether all rows of this file are the first of a longer one.
    fileprivate func isBeginning(of file: RowFile.Outline) -> Bool {
        let count = reports.count
        return count >= 16 && count == source.rows && count < file.digests.count
            && (0..<count).allSatisfy { agrees(at: $0, with: file) }
    }

    /// Whether most rows that were sent, two of three, are in a file at the same place with the same values, in columns of
    /// other names: somebody who adds a header may mend a value as well.
    fileprivate func isAnotherName(of file: RowFile.Outline) -> Bool {
        !file.path.isEmpty && source.path == file.path && source.columns != file.columns && !reports.isEmpty
            && 3 * reports.keys.count { agrees(at: $0, with: file) } >= 2 * reports.count
    }

    fileprivate func agrees(at index: Int, with file: RowFile.Outline) -> Bool {
        file.digests.indices.contains(index)
            && reports[index]?.contains { $0.row.digest == file.digests[index] } ?? false
    }
}

extension RowPlan.Known {
    fileprivate enum Standing {
        /// It counts, as far as anybody knows.
        case counts
        /// Nobody has said what becomes of it: the same report can be sent.
        case open
        /// Its upload was refused. The same report can be sent, with the time of now.
        case refused
        /// Its owner took it back.
        case withdrawn
        /// It is out for good, by the log, or because the client took it back: the row is not sent.
        case out
    }

    fileprivate var standing: Standing {
        switch state {
        case .sent, .notTaken: .open
        case .stored: .counts
        case .withdrawn: doubt == .takenBack ? .out : .withdrawn
        case .rejected: doubt == nil ? .refused : .out
        }
    }
}

/// Why a file is not sent before its owner says what it is.
package enum RowConflict: Error, Equatable {
    /// These rows, from 0, were sent with other values.
    case otherValues(rows: [Int])
    /// The file begins with all rows of another one.
    case beginsLike(path: String, rows: Int)
    /// Its first rows, but for those that changed (from 0), have the values that were sent of columns with other names.
    case otherColumns(String, rows: Int, changed: [Int])
}
