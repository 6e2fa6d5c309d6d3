import ArgumentParser
import Contributor
import DAP
import Wallet

/// `cairn receipt list`: the contributor's history.
struct ReceiptListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List your reports, of which row each was made, and whether their receipts have been fetched.",
        discussion: """
            The states are what the leader and the log have said so far: `cairn receipt fetch` asks them. Of more than \
            \(longest) reports the numbers are shown, and every report only with --all, --csv or --row. Rows count from 1, \
            without the header; where the line in the file is another number, it stands behind.
            """)

    /// As many reports are listed without being asked for.
    private static let longest = 40

    struct Output: Encodable {
        struct Report: Encodable {
            let taskId: String
            let reportId: String
            let time: String
            let state: String
            let reason: String?
            /// Whether the wallet has the receipt, and the leader's promise.
            let hasReceipt: Bool
            let hasPromise: Bool
            /// Of reports that were made of a file's rows: the file, and row and line from 1.
            let file: String?
            let row: UInt64?
            let line: UInt64?
        }

        let reports: [Report]
    }

    @Option(name: .customLong("task"), help: "Only this task: a file, or the name of an installed task.")
    var task: String?
    @Option(help: "Only the rows of this file; its name will do.") var csv: String?
    @Option(name: .customLong("row"), help: "Only these rows: N, N..M or N..; may be repeated.")
    var rows: [RowSelection] = []
    @Flag(help: "Every report, however many there are.") var all = false
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let access = try WalletAccess.open()
        let contents = try access.wallet.contents()
        let taskID = try task.map { try access.home.task($0).taskID }
        let history = try chosen(contents.history(of: taskID), contents, taskID)
        if json { return try JSONOutput.print(Output(reports: history.map { Self.describe($0, contents) })) }
        guard !history.isEmpty else {
            return Console.print(rows.isEmpty ? "no reports yet" : "no reports of these rows")
        }
        if history.count > 1 { for line in summary(history, contents, access.home) { Console.print(line) } }
        guard all || csv != nil || !rows.isEmpty || history.count <= Self.longest else {
            return Console.error("cairn: a line for each report: --all, or --csv FILE, or --row N..M")
        }
        for record in history {
            let report = Self.describe(record, contents)
            let what = report.hasReceipt ? "receipt" : "no receipt yet"
            Console.print(
                "\(report.time)  \(report.reportId)  \(Self.words(report))  \(what)"
                    + (contents.rows[record.key].map { "  " + Self.place($0, record, contents) } ?? ""))
        }
    }

    /// The reports that are asked for; those of files by row.
    private func chosen(
        _ history: [ReportRecord], _ contents: WalletContents, _ taskID: TaskID?
    ) throws -> [ReportRecord] {
        guard csv != nil || !rows.isEmpty else { return history }
        let sources = Set(try RowNames.sources(csv, in: contents, task: taskID).map(\.key))
        let found = history.compactMap { record -> (ReportRecord, ReportRow)? in
            guard let row = contents.rows[record.key], sources.contains(RowSource.Key(record.taskID, row.sourceID)),
                rows.isEmpty || rows.contains(where: { $0.contains(Int(clamping: row.row)) })
            else { return nil }
            return (record, row)
        }
        return found.sorted {
            ($0.1.sourceID.name, $0.1.row, $0.1.generation) < ($1.1.sourceID.name, $1.1.row, $1.1.generation)
        }
        .map(\.0)
    }

    /// One line for all, and where there are files, one for each.
    private func summary(_ history: [ReportRecord], _ contents: WalletContents, _ home: ContributorHome) -> [String] {
        var total = HistoryCounts()
        var files: [RowSource.Key: HistoryCounts] = [:]
        for record in history {
            let hasReceipt = contents.receipts[record.key] != nil
            total.add(record.state, hasReceipt: hasReceipt)
            guard let row = contents.rows[record.key] else { continue }
            files[RowSource.Key(record.taskID, row.sourceID), default: HistoryCounts()].add(
                record.state, hasReceipt: hasReceipt)
        }
        return [total.summary]
            + contents.sortedSources.compactMap { source in
                files[source.key].map { counts in
                    "  \(RowNames.file(source.path)), \(source.rows) rows, column \(RowNames.shown(source.columns)): "
                        + counts.states
                }
            }
    }

    private static func place(_ row: ReportRow, _ record: ReportRecord, _ contents: WalletContents) -> String {
        let path = contents.sources[RowSource.Key(record.taskID, row.sourceID)]?.path
        return (path.map { RowNames.file($0) + " " } ?? "")
            + RowNames.row(Int(clamping: row.row), line: Int(clamping: row.line))
    }

    private static func describe(_ record: ReportRecord, _ contents: WalletContents) -> Output.Report {
        let (state, reason) = text(record.state)
        let row = contents.rows[record.key]
        return Output.Report(
            taskId: record.taskID.base64URL, reportId: record.reportID.base64URL,
            time: TimeArgument.text(record.time), state: state, reason: reason,
            hasReceipt: contents.receipts[record.key] != nil, hasPromise: contents.promises[record.key] != nil,
            file: row.flatMap { contents.sources[RowSource.Key(record.taskID, $0.sourceID)]?.path }, row: row?.row,
            line: row?.line)
    }

    private static func words(_ report: Output.Report) -> String {
        guard report.state == "rejected" else { return report.reason ?? report.state }
        return "rejected" + (report.reason.map { $0.isEmpty ? "" : ": \(RowNames.shown($0))" } ?? "")
    }

    private static func text(_ state: ReportRecord.State) -> (String, String?) {
        switch state {
        case .sent: ("sent", nil)
        case .notTaken(let reason): ("not taken", "not taken: \(reason)")
        case .stored: ("stored", nil)
        case .rejected(let reason): ("rejected", reason)
        case .withdrawn: ("withdrawn", nil)
        }
    }
}
