import ArgumentParser
import Contributor
import DAP
import Ledger
import SharedModel
import Wallet

/// `cairn contribute`: one value, columns of a CSV file, or a model update, trained on a CSV file or computed elsewhere.
struct ContributeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contribute",
        abstract: "Add private data to a task.",
        discussion: """
            Give one of: --value; --csv with --column (one report a row); --data with --label-column, --model and \
            --training (one report: the model update trained on the rows); --update, with --model where the task has one \
            (one report: an update computed elsewhere).

            --update reads floats of 16, 32 or 64 bits. Where the task has a model, the file has its tensors by name and \
            shape, as `cairn model export` writes them, or all values in that order in one array. Other tasks take the \
            values of all tensors, in the order of their names. An update whose norm is above the task's bound is refused \
            unless --clip scales it down.

            A number in a CSV file or in --value is digits with a decimal point, a sign and an exponent if you like: 7, 7.0 \
            and 7e0 are the same whole number. All rows are checked before the first is sent, and the command says what it \
            took line 1 for. In --data the columns are found by the names that the model's features have, in any order.

            The value is split into two shares on this machine, and each aggregator can read only its own. What opens \
            the public commitments later stays in your wallet, $CAIRN_HOME/wallet (or ~/.cairn/wallet), which is made on \
            first use: see `cairn help wallet`.

            Before anything is sent, earlier reports of the task whose uploads were refused, not answered or withdrawn are \
            looked up in the task's log: one that counts, or that may still count, stops the command, so that nobody's \
            value is counted twice unnoticed. What is in doubt is withdrawn first. --again sends the new value all the same.

            A report that the leader does not answer for is sent again, as it is, for a while; what it takes to go on stays \
            in the wallet, and --resume goes on. After --csv was cut off, it says with which --from-row to go on.
            """)

    struct Output: Encodable {
        struct Report: Encodable {
            let reportId: String
            let stored: Bool
            let error: String?
            let bytes: Int
            /// Whether the leader promised, under its signature, that the log will say what becomes of the report.
            let promised: Bool
        }

        let taskId: String
        let reports: [Report]
        /// What the CSV file was taken for.
        let input: CSVInput?
        /// What the task does not promise.
        let lacks: [String]
    }

    @OptionGroup var task: NewTaskReference
    @Option(
        help: """
            One value: 0 or 1 (count), a number (sum, average), a bucket from 0 (histogram), zeros and ones with commas \
            (multihot), numbers with commas (sumvec, l1boundsum, sumvec64hmac, boundedl2).
            """)
    var value: String?
    @Option(help: "A CSV file, one report a row.") var csv: String?
    @Option(
        help: """
            The column's name, or its index from 0; once for each number of a report. Digits are always an index: a column \
            that is called 0 is name:0.
            """)
    var column: [String] = []
    @Option(help: "A CSV file of training rows.") var data: String?
    @Option(help: "The label's column in --data: name, or index from 0.") var labelColumn: String?
    @OptionGroup var csvOptions: CSVOptions
    @Option(help: "A .npy or .safetensors file with an update.") var update: String?
    @Flag(help: "Scale --update down to the task's norm bound if it is longer.") var clip = false
    @Option(help: "The model that the round starts from.") var model: String?
    @Option(help: "The task's training settings.") var training: String?
    @Flag(
        help:
            "Contribute although an earlier report of yours counts or may count: these values are meant to count, too.")
    var again = false
    @Flag(help: "Send again what earlier uploads to the task left unanswered; alone, or before the rest of a --csv.")
    var resume = false
    @Option(help: "The first row of --csv to send, from 1.") var fromRow: Int?
    @OptionGroup var network: NetworkOptions
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        let inputs = [value, csv, data, update].compactMap { $0 }
        guard inputs.count == 1 || resume && inputs.isEmpty else {
            throw ValidationError("Give exactly one of --value, --csv, --data and --update.")
        }
        if resume, !inputs.isEmpty, csv == nil { throw ValidationError("--resume goes alone or with --csv.") }
        if let fromRow {
            guard csv != nil else { throw ValidationError("--from-row goes with --csv.") }
            guard fromRow > 0 else { throw ValidationError("--from-row counts from 1.") }
        }
        if csv == nil, data == nil, let option = csvOptions.given.first {
            throw ValidationError("\(option) goes with --csv or --data.")
        }
        if (csv == nil) != column.isEmpty { throw ValidationError("--csv and --column go together.") }
        let beside = update == nil ? [labelColumn, model, training] : [labelColumn, training]
        guard beside.allSatisfy({ ($0 != nil) == (data != nil) }) else {
            throw ValidationError("--data, --label-column, --model and --training go together.")
        }
        if clip, update == nil { throw ValidationError("--clip goes with --update; updates from --data are clipped.") }
    }

    func run() async throws {
        let file = try await task.load()
        let client = try TaskClient(task: file, transport: .speaking, home: .standard())
        let (measurements, input) = try measurements(file)
        let access = try WalletAccess.open(creating: true, keeping: .states)
        try Self.installIfNew(file, as: task.name, home: access.home)
        WeakPromises.tell(try file.weaknesses())
        let resumed = UploadTally(first: 1, listsAll: json)
        let tally = UploadTally(first: fromRow ?? 1, listsAll: json)
        let (resumes, again) = (resume, again)
        let before = try Self.kept(of: file, in: access.wallet)
        do {
            try await Interruption.cancelling {
                let notice: @Sendable (String) -> Void = { Console.error("cairn: \($0)") }
                if resumes {
                    try await client.resume(wallet: access.wallet, notice: notice) { resumed.add($0) }
                    Console.error(Self.words(resumed: resumed.current.answered))
                }
                guard !measurements.isEmpty else { return }
                let bar = ProgressBar("uploading", total: measurements.count)
                defer { bar.finish() }
                try await client.upload(each: measurements, wallet: access.wallet, again: again, notice: notice) {
                    tally.add($0)
                    bar.advance(by: $0.count)
                }
            }
        } catch {
            let kept = try Self.kept(of: file, in: access.wallet)
            tellHowToGoOn(
                tally.current, of: measurements.count, waiting: kept.count, ofThese: kept.subtracting(before).count)
            throw error
        }
        let gone = resumes ? try Self.gone(of: file, in: access.wallet) : 0
        if gone > 0 { Console.error(Self.words(gone: gone, isCommitted: try file.configuration.vdaf.isCommitted)) }
        try report(resumed: resumed.current, tally.current, file: file, input: input)
        if !json, resumed.current.stored + tally.current.stored > 0 { Self.tellNext(file, home: access.home) }
        guard gone == 0, (resumed.current.refusals + tally.current.refusals).isEmpty else { throw ExitStatus.no.code }
    }

    private static func tellNext(_ file: TaskFile, home: ContributorHome) {
        if file.logPolicy != nil {
            let name = home.tasks().first { (try? $0.result.get())?.taskID == file.taskID }?.name
            NextStep.tell(
                "stored; the receipt is there once both nodes have checked the report, mostly within minutes",
                PrintedCommand("receipt", "fetch").option("--task", name))
        }
        BackupNote.remind(home)
    }

    /// The reports of the task that wait in the wallet to be sent again.
    private static func kept(of file: TaskFile, in wallet: ContributorWallet) throws -> Set<ReportKey> {
        Set(try wallet.contents().shares.keys.filter { $0.taskID == file.taskID })
    }

    /// How many reports of the task nobody has answered for which cannot be sent again, and of which nothing was found
    /// out since.
    private static func gone(of file: TaskFile, in wallet: ContributorWallet) throws -> Int {
        let contents = try wallet.contents()
        return contents.reports.count { key, report in
            key.taskID == file.taskID && report.state.isOpen && contents.shares[key] == nil
                && contents.doubts[key] == nil
        }
    }

    private static func words(resumed count: Int) -> String {
        count == 0 ? "cairn: no report waits to be sent again" : "cairn: \(count) unanswered reports were sent again"
    }

    private static func words(gone count: Int, isCommitted: Bool) -> String {
        "cairn: \(count) earlier reports cannot be sent again: a program that was killed, or of an older version, heard no "
            + "answer and did not keep them. "
            + (isCommitted
                ? "The next value that you contribute makes the command look into the log what became of them"
                : "Whether the leader has them is not known; --again contributes another value all the same")
    }

    /// After an upload that did not end: what is where, and what to run.
    ///
    /// - Parameters:
    ///   - total: how many values there are.
    ///   - waiting: how many reports in the wallet wait to be sent again.
    ///   - new: how many of them are of these values: those behind the answered ones.
    private func tellHowToGoOn(_ counts: UploadTally.Counts, of total: Int, waiting: Int, ofThese new: Int) {
        guard waiting > 0 || counts.answered > 0 else { return }
        if total > 1 {
            Console.error("cairn: \(counts.answered) of \(total) values are answered, \(counts.stored) of them stored")
        }
        if waiting > 0 {
            Console.error(
                "cairn: \(waiting) unanswered reports are in the wallet, each of which can be sent again and is counted "
                    + "once")
        }
        let next = counts.answered + new
        if csv != nil, next < total {
            Console.error(
                "cairn: to go on, run the same command with --resume --from-row \((fromRow ?? 1) + next), and no other "
                    + "--from-row")
        } else if waiting > 0 {
            let resume = PrintedCommand("contribute").option("--task", task.name).flag("--resume")
            Console.error("cairn: to go on, run: \(resume.text)")
        }
    }

    /// What is to be sent, read and checked to the last row, and what a CSV file was taken for.
    private func measurements(_ file: TaskFile) throws -> ([MeasurementValue], CSVInput?) {
        // With --resume alone.
        if value == nil, csv == nil, update == nil, data == nil { return ([], nil) }
        let parser = MeasurementParser(vdaf: try file.configuration.vdaf)
        if let value {
            return ([try parser.value(value)], nil)
        }
        if let csv {
            guard column.count == parser.width else {
                throw CommandFailure.usage(
                    "the task takes \(parser.width) number\(parser.width == 1 ? "" : "s") a report",
                    advice: "Give --column so many times.")
            }
            let rows = try CSVMeasurements(
                csvOptions.table(csv), columns: column.map { ColumnReference(argument: $0) }, header: csvOptions.rule,
                parser: parser)
            CSVInput.tell(csv, rows.layout, "values")
            let first = (fromRow ?? 1) - 1
            guard first < rows.values.count else {
                throw CommandFailure("\(csv) has \(rows.values.count) rows", advice: "Give a smaller --from-row.")
            }
            return (Array(rows.values[first...]), CSVInput(file: csv, rows.layout))
        }
        if let update {
            return ([.real(try UpdateFile(update).update(for: file, model: model, isClipped: clip))], nil)
        }
        let (trained, input) = try trainedUpdate(file)
        return ([.real(trained)], input)
    }

    /// Trains on the rows and clips the change.
    private func trainedUpdate(_ file: TaskFile) throws -> ([Double], CSVInput) {
        guard let data, let labelColumn, let model, let training else {
            throw CommandFailure.usage("--data, --label-column, --model and --training go together")
        }
        let parameters = file.configuration.cairn
        let start = try Model(file: model, hash: parameters?.modelHash)
        let document = try TrainingSettings.Document(try UserFile.read(training), name: training)
        guard document.isNamed(by: parameters?.termsHash) else {
            throw CommandFailure(
                "\(training) does not hold the settings that the task names", advice: "Get them from the task's owner.")
        }
        let settings = document.settings
        try settings.requireFit(start, name: training)
        let expected = ExpectedExamples(
            classes: settings.classes, featureCount: start.inputs, featureNames: start.featureNames)
        let layout = try Dataset.layout(
            of: try csvOptions.table(data), label: ColumnReference(argument: labelColumn), header: csvOptions.rule,
            expected: expected)
        let rows = try Dataset(layout: layout, expected)
        CSVInput.tellExamples(data, layout)
        if start.featureNames.isEmpty || layout.firstLine != .columnNames {
            Console.error(
                "cairn: \(data): the \(start.inputs) other columns are the model's features in the order of the file")
        }
        let trainer = settings.trainer(seed: .random(in: .min ... .max))
        let update = try trainer.train(start, on: try settings.featureScaling().applied(to: rows))
        let clipped = try UpdateBound(task: file).clipped(update)
        if clipped.isScaled { Console.error("cairn: \(clipped)") }
        return (clipped.update, CSVInput(file: data, layout))
    }

    private func report(
        resumed: UploadTally.Counts, _ new: UploadTally.Counts, file: TaskFile, input: CSVInput?
    ) throws {
        if json {
            let reports = (resumed.listed + new.listed).map {
                Output.Report(
                    reportId: $0.reportID.base64URL, stored: $0.error == nil, error: $0.error?.name, bytes: $0.size,
                    promised: $0.isPromised)
            }
            return try JSONOutput.print(
                Output(
                    taskId: file.taskID.base64URL, reports: reports, input: input,
                    lacks: try file.weaknesses().map(\.name)))
        }
        let answered = resumed.answered + new.answered
        guard answered > 0 else { return }
        Console.print(
            "\(resumed.stored + new.stored) of \(answered) reports stored, \(resumed.bytes + new.bytes) bytes")
        if answered == 1, let id = resumed.firstStored ?? new.firstStored { Console.print("report \(id)") }
        for (counts, what) in [(resumed, "report sent again"), (new, "value")] {
            for refusal in counts.refusals {
                Console.error("cairn: \(what) \(refusal.number) was refused: \(refusal.text)")
            }
            for missing in counts.missingPromises {
                Console.error("cairn: no promise for \(what) \(missing.number): \(missing.text)")
            }
        }
    }

    /// Later commands find the task by its id. A different task of the same name is left alone.
    private static func installIfNew(_ file: TaskFile, as argument: String, home: ContributorHome) throws {
        let known = home.tasks()
        if known.contains(where: { (try? $0.result.get())?.taskID == file.taskID }) { return }
        guard home.isFree(file.name, for: file.taskID) else {
            let install = PrintedCommand("task", "install").word(path: argument).option("--name", "\(file.name)-2")
            Console.error(
                "cairn: another task named '\(file.name)' is installed, so this one is not. Other commands need its file, "
                    + "or another name: \(install.text)")
            return
        }
        try home.install(file)
    }
}

extension UploadOutcome {
    /// Whether the leader's promise is here and holds.
    var isPromised: Bool {
        if case .held = promise { true } else { false }
    }
}
