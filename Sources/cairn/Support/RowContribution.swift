import Contributor
import DAP
import SharedModel

/// `contribute --csv`: the file as the client library takes it, and what people read about its rows.
struct RowContribution: Sendable {
    let file: RowFile
    /// As it was named on the command line.
    let argument: String
    /// Rows from 0.
    let chosen: [Int]

    /// What the file was taken for.
    let input: CSVInput

    /// - Parameter selection: `--row`, as often as given.
    init(_ argument: String, _ values: CSVMeasurements, selection: [RowSelection]) throws {
        self.argument = argument
        input = CSVInput(file: argument, values.layout)
        file = RowFile(
            path: RowNames.path(argument), columns: Self.label(values.layout),
            rows: zip(values.lines, values.values).map { RowFile.Row(line: $0, value: $1) })
        chosen = try RowSelection.indices(selection, of: file.rows.count, in: argument)
    }

    /// The columns in words: names where there are some, else positions from 0.
    private static func label(_ layout: CSVLayout) -> String {
        let text = layout.chosen.map { layout.name(ofColumn: $0) ?? "#\($0)" }.joined(separator: ", ")
        // Thousands of columns: which ones is in the hash of the contents.
        return text.count <= 1_000 ? text : text.prefix(1_000) + "… (\(layout.chosen.count) columns)"
    }

    /// What of the file is sent, before anything is; nil where that is what anybody expects.
    func words(_ plan: RowUpload) -> [String] {
        var lines: [String] = []
        if let earlier = Self.earlier(plan), plan.toSend > 0 {
            lines.append("cairn: it holds the rows that were sent as \(earlier) before")
        }
        if plan.sentBefore > 0, plan.toSend > 0 {
            lines.append(
                "cairn: \(plan.sentBefore) of \(chosen.count) rows were sent to the task before, and are not sent again"
            )
        }
        if plan.open > 0 {
            lines.append(
                "cairn: \(plan.open) reports that were not answered are sent again as they were; each counts once")
        }
        if plan.refusedBefore > 0 {
            lines.append("cairn: \(Self.rows(plan.refusedBefore)) whose reports were refused: sent anew")
        }
        if plan.corrected > 0 {
            lines.append("cairn: \(Self.rows(plan.corrected)) with another value than before, which is out: sent anew")
        }
        if plan.withdrawn > 0 {
            lines.append(
                "cairn: \(Self.rows(plan.withdrawn)) that you took back: not sent; --row N --again sends one anew")
        }
        return lines
    }

    private static func rows(_ count: Int) -> String { "\(count) row\(count == 1 ? "" : "s")" }

    /// As what the file was sent before, where that was something else.
    private static func earlier(_ plan: RowUpload) -> String? {
        let columns = plan.earlierColumns.map { "column \(RowNames.shown($0))" }
        guard let path = plan.earlierPath else { return columns }
        return ([path.isEmpty ? RowNames.file(path) : RowNames.shown(path)] + (columns.map { [$0] } ?? []))
            .joined(separator: ", ")
    }

    /// Nothing is to be sent.
    ///
    /// - Throws: where the rows were sent as another file's: they may be other data that happen to be equal.
    func nothingToSend(_ plan: RowUpload) throws {
        let what = chosen.count == 1 ? "the row" : "all \(chosen.count) rows"
        if let earlier = Self.earlier(plan) {
            throw CommandFailure(
                "nothing was sent: \(argument) holds the rows of \(earlier), which were sent to the task before",
                advice: "If these are other data that happen to be equal, or shall count once more: --again.")
        }
        guard plan.sentBefore > 0 else { return Console.print("nothing to send") }
        Console.print(
            "nothing to send: \(plan.withdrawn > 0 ? "\(plan.sentBefore) rows" : what) of \(argument) "
                + "\(plan.sentBefore == 1 ? "was" : "were") sent to the task before")
        Console.error("cairn: to have them count once more: --again")
    }

    /// The failure that a person reads where the file is not what was sent before.
    func failure(_ conflict: RowConflict, task: String) -> CommandFailure {
        switch conflict {
        case .otherValues(let rows) where rows.count == chosen.count && rows.count > 1:
            CommandFailure(
                "nothing was sent: \(argument) was sent to the task before, and all of its rows were others then",
                advice: "If all of it shall count beside what was sent: --again.")
        case .otherValues(let rows):
            CommandFailure(
                "nothing was sent: \(argument) was sent to the task before, and \(names(rows)) had other values then",
                advice:
                    "If \(rows.count == 1 ? "it was" : "they were") corrected, take the old "
                    + "\(rows.count == 1 ? "value" : "values") back, `\(withdrawal(of: rows, task: task))`, and run "
                    + "the command again. If all rows shall count beside what was sent: --again.")
        case .beginsLike(let path, let rows):
            CommandFailure(
                "nothing was sent: the first \(rows) rows of \(argument) are those of "
                    + "\(path.isEmpty ? "what came through a pipe" : RowNames.shown(path)), which "
                    + "were sent to the task before",
                advice: "With `--row \(rows + 1)..` only the others are sent, with `--again` all of them.")
        case .otherColumns(let columns, let sent, let changed):
            otherColumns(columns, sent, changed, task: task)
        }
    }

    private func otherColumns(_ columns: String, _ sent: Int, _ changed: [Int], task: String) -> CommandFailure {
        let rest = sent < file.rows.count ? " --row \(sent + 1).." : ""
        let present = changed.filter { $0 < file.rows.count }
        let choice = RowSelection.ranges(of: present).prefix(40).map { " --row \($0)" }.joined()
        let header =
            if !changed.isEmpty {
                "If only its header and \(names(present)) were mended, take what was sent back, "
                    + "`\(withdrawal(of: changed, task: task))`, and send the new with `--again\(choice)\(rest)`. "
            } else if !rest.isEmpty {
                "If only its header is another, `\(rest.dropFirst())` sends the others. "
            } else {
                ""
            }
        return CommandFailure(
            "nothing was sent: \(changed.isEmpty ? "the" : "most of the") first \(sent) rows of \(argument) have the "
                + "values that were sent to the task before as column \(RowNames.shown(columns))",
            advice: header + "If it is another column, or all of it shall count once more: --again.")
    }

    private func withdrawal(of rows: [Int], task: String) -> String {
        var command = PrintedCommand("withdraw").option("--task", task).option("--csv", argument)
        // So many as a person would paste; the next run names the rest.
        for range in RowSelection.ranges(of: rows).prefix(40) { command = command.option("--row", range) }
        return command.text
    }

    /// Rows from 0, for people.
    func names(_ rows: [Int]) -> String {
        RowNames.rows(rows.map { (number: $0 + 1, line: file.rows[$0].line) })
    }

    /// After an upload that did not end: what is where, and what to run.
    func tellHowToGoOn(_ plan: RowUpload, _ counts: UploadTally.Counts) {
        Console.error(
            "cairn: \(counts.answered) of \(plan.toSend) reports were answered, \(counts.stored) of them stored"
                + (plan.sentBefore > 0 ? "; \(plan.sentBefore) rows were sent before" : ""))
        Console.error("cairn: to go on, run the same command again: it sends what is missing, and no row twice")
    }
}
