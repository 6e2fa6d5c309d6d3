import Contributor
import DAP
import Encodings
import Ledger
import Tasks
import Wallet

// What `cairn contribute` says: before an upload, after it, and where it did not end. (The command is in
// `ContributeCommand.swift`.)

extension ContributeCommand {
    /// Run again, the command would send the value once more.
    static let lostResult =
        "The command itself goes on, and is not to be run again, which would send another report: see what was sent with "
        + "\(PrintedCommand("receipt", "list").text)"

    /// When a report that is stored now stands in the log, if nothing delays it.
    private static func expectation(of file: TaskFile) -> String {
        guard let end = file.configuration.cairn?.logWindowEnd(of: currentTime()) else {
            return "mostly within minutes"
        }
        return "and it stands in the log: after \(PeopleTime.text(end)), mostly within minutes of that"
    }

    static func tellNext(_ file: TaskFile, home: ContributorHome) {
        if file.logPolicy != nil {
            let name = home.tasks().first { (try? $0.result.get())?.taskID == file.taskID }?.name
            NextStep.tell(
                "stored; the receipt is there once both nodes have checked the report, \(expectation(of: file))",
                PrintedCommand("receipt", "fetch").option("--task", name))
        }
        BackupNote.remind(home)
    }

    /// The reports of the task that wait in the wallet to be sent again.
    private static func kept(of file: TaskFile, in wallet: ContributorWallet) throws -> Int {
        try wallet.contents().shares.keys.count { $0.taskID == file.taskID }
    }

    /// How many reports of the task nobody has answered for which cannot be sent again, and of which nothing was found
    /// out since. Rows of a file are sent again with their file.
    static func gone(of file: TaskFile, in wallet: ContributorWallet) throws -> Int {
        let contents = try wallet.contents()
        return contents.reports.count { key, report in
            key.taskID == file.taskID && report.state.isOpen && contents.shares[key] == nil
                && contents.doubts[key] == nil && contents.rows[key] == nil
        }
    }

    static func words(resumed count: Int) -> String {
        count == 0 ? "cairn: no report waits to be sent again" : "cairn: \(count) unanswered reports were sent again"
    }

    static func words(gone count: Int, isCommitted: Bool) -> String {
        "cairn: \(count) earlier reports cannot be sent again: a program that was killed, or of an older version, heard no "
            + "answer and did not keep them. "
            + (isCommitted
                ? "The next value that you contribute makes the command look into the log what became of them"
                : "Whether the leader has them is not known; --again contributes another value all the same")
    }

    /// After an upload that did not end: what is where, and what to run.
    func tellHowToGoOn(
        _ input: Contribution, _ tally: UploadTally, _ file: TaskFile, _ wallet: ContributorWallet
    ) throws {
        if case .rows(let rows) = input {
            if let plan = tally.rows { rows.tellHowToGoOn(plan, tally.current) }
            return
        }
        let waiting = try Self.kept(of: file, in: wallet)
        guard waiting > 0 else { return }
        Console.error(
            "cairn: \(waiting) unanswered reports are in the wallet, each of which can be sent again and is counted once"
        )
        let resume = PrintedCommand("contribute").option("--task", task.name).flag("--resume")
        Console.error("cairn: to go on, run: \(resume.text)")
    }

    func report(_ tally: UploadTally, _ input: Contribution, file: TaskFile) throws {
        let counts = tally.current
        var rows: RowContribution?
        if case .rows(let given) = input { rows = given }
        if json {
            let reports = counts.listed.map { outcome in
                Output.Report(
                    reportId: outcome.reportID.base64URL, stored: outcome.error == nil, error: outcome.error?.name,
                    bytes: outcome.size, promised: outcome.isPromised, row: rows.map { _ in outcome.index + 1 },
                    line: rows.map { $0.file.rows[outcome.index].line })
            }
            return try JSONOutput.print(
                Output(
                    taskId: file.taskID.base64URL, reports: reports, input: input.csv,
                    rows: tally.rows.map {
                        Output.Rows(
                            chosen: rows?.chosen.count ?? 0, sentBefore: $0.sentBefore, withdrawn: $0.withdrawn)
                    }, lacks: try file.weaknesses().map(\.name)))
        }
        if let rows, let plan = tally.rows, plan.toSend == 0 { return try rows.nothingToSend(plan) }
        guard counts.answered > 0 else { return }
        Console.print("\(counts.stored) of \(counts.answered) reports stored, \(counts.bytes) bytes")
        if counts.answered == 1, let id = counts.firstStored { Console.print("report \(id)") }
        if counts.wasThere > 0, tally.rows?.open == 0 {
            Console.error(
                "cairn: the leader had \(counts.wasThere) of these reports already: the same rows were sent out of another "
                    + "copy of this wallet. They count once; to have them count once more: --again")
        }
        for (reason, values) in counts.refusals.sorted(by: { $0.key < $1.key }) {
            let what = rows?.names(values) ?? (values.count == 1 ? "the value" : "\(values.count) values")
            Console.error("cairn: \(what) \(values.count == 1 ? "was" : "were") refused: \(reason)")
        }
        for (reason, values) in counts.missingPromises.sorted(by: { $0.key < $1.key }) {
            let what = rows?.names(values) ?? (values.count == 1 ? "the value" : "\(values.count) values")
            Console.error("cairn: no promise for \(what): \(reason)")
        }
        if let rows, counts.answered > 1 {
            NextStep.tell(
                "which report is which row",
                PrintedCommand("receipt", "list").option("--task", task.name).option("--csv", rows.argument))
        }
    }
}

extension UploadOutcome {
    /// Whether the leader's promise is here and holds.
    var isPromised: Bool {
        if case .held = promise { true } else { false }
    }
}
