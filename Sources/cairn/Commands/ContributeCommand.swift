import ArgumentParser
import Contributor
import DAP
import Encodings
import Ledger
import SharedModel
import Tasks
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
            in the wallet, and --resume goes on.

            Each row of --csv is sent once: the wallet knows file, columns and row of each report, and the same command, \
            run again after whatever ended it, sends what is missing. A file that grew at its end is gone on with. A file \
            that was sent before is not sent again, and one whose rows had other values then is not sent at all, unless \
            --again says that all of it shall count beside what was sent. Rows count from 1, without the header. `cairn \
            receipt list --csv FILE` says which report is which row, and `cairn withdraw --csv FILE --row N` takes one back. \
            Interrupted by Ctrl-C (SIGINT, SIGTERM or SIGHUP) the command says how far it came, and ends with 130.
            """)

    struct Output: Encodable {
        struct Report: Encodable {
            let reportId: String
            let stored: Bool
            let error: String?
            let bytes: Int
            /// Whether the leader promised, under its signature, that the log will say what becomes of the report.
            let promised: Bool
            /// With --csv: of the data, and of the file, from 1.
            let row: Int?
            let line: Int?
        }

        /// With --csv: what was not sent, and why.
        struct Rows: Encodable {
            let chosen: Int
            let sentBefore: Int
            let withdrawn: Int
        }

        let taskId: String
        let reports: [Report]
        /// What the CSV file was taken for.
        let input: CSVInput?
        let rows: Rows?
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
    @Flag(help: "Send again what earlier uploads of single values to the task left unanswered.")
    var resume = false
    @Option(
        name: .customLong("row"),
        help: "Rows of --csv to send: N, N..M or N.., from 1, without the header; may be repeated. All by default.")
    var rows: [RowSelection] = []
    @OptionGroup var network: NetworkOptions
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        let inputs = [value, csv, data, update].compactMap { $0 }
        guard inputs.count == 1 || resume && inputs.isEmpty else {
            throw ValidationError("Give exactly one of --value, --csv, --data and --update.")
        }
        if resume, csv != nil {
            throw ValidationError("--csv needs no --resume: the same command sends what is missing of a file.")
        }
        if resume, !inputs.isEmpty { throw ValidationError("--resume goes alone.") }
        if !rows.isEmpty, csv == nil { throw ValidationError("--row goes with --csv.") }
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
        let input = try input(file)
        let access = try WalletAccess.open(creating: true, keeping: .states)
        try Self.installIfNew(file, as: task.name, home: access.home)
        WeakPromises.tell(try file.weaknesses())
        if again || csv == nil, !resume { StandardOutput.shared.advise(Self.lostResult) }
        if case .value = input, !again { try tellOfEarlierUpdates(file, access.wallet) }
        let tally = UploadTally(listsAll: json)
        do {
            try await Interruption.cancelling { [again, quiet = json] in
                try await input.send(client, access.wallet, again: again, isQuiet: quiet, tally)
            }
        } catch {
            try tellHowToGoOn(input, tally, file, access.wallet)
            if case .rows(let rows) = input, let conflict = error as? RowConflict {
                throw rows.failure(conflict, task: task.name)
            }
            throw error
        }
        let gone = resume ? try Self.gone(of: file, in: access.wallet) : 0
        if gone > 0 { Console.error(Self.words(gone: gone, isCommitted: try file.configuration.vdaf.isCommitted)) }
        try report(tally, input, file: file)
        if !json, tally.current.stored > 0 { Self.tellNext(file, home: access.home) }
        guard gone == 0, !tally.current.isRefused else { throw ExitStatus.no.code }
    }

    /// What is to be sent, read and checked to the last row.
    private func input(_ file: TaskFile) throws -> Contribution {
        let parser = MeasurementParser(vdaf: try file.configuration.vdaf)
        if let value { return .value(try parser.value(value), nil) }
        if let csv {
            guard column.count == parser.width else {
                throw CommandFailure.usage(
                    "the task takes \(parser.width) number\(parser.width == 1 ? "" : "s") a report, and --column is given "
                        + (column.count == 1 ? "once" : "\(column.count) times"),
                    advice: parser.width == 1 ? "Give it once." : "Give it once for each number.")
            }
            let values = try CSVMeasurements(
                csvOptions.table(csv), columns: column.map { ColumnReference(argument: $0) }, header: csvOptions.rule,
                parser: parser)
            CSVInput.tell(csv, values.layout, "values")
            if rows.isEmpty { try values.layout.requireNoTotal() }
            return .rows(try RowContribution(csv, values, selection: rows))
        }
        if let update {
            return .value(.real(try UpdateFile(update).update(for: file, model: model, isClipped: clip)), nil)
        }
        // With --resume alone.
        guard data != nil else { return .unanswered }
        let (trained, input) = try trainedUpdate(file)
        return .value(.real(trained), input)
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
