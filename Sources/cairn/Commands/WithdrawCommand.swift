import ArgumentParser
import Contributor
import DAP
import Synchronization
import Transport
import Wallet

/// `cairn withdraw`: takes reports back before their batch is closed.
struct WithdrawCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw",
        abstract: "Take reports back.",
        discussion: """
            Works until the batch that a report is in is closed; afterwards nothing leaves it any more. The withdrawal \
            is signed with the report's claim key and stands in the public log. Either node can be asked. A helper that \
            does not have the report yet keeps the withdrawal until it comes, if the wallet has the leader's promise about \
            it; a leader keeps it in any case. The exit code is 0 only if all reports were let go.

            A node may hold the withdrawals of a batch for some time while the batch is being closed: such reports are asked \
            for again when the others are answered, for ten minutes, or --timeout. If some are held still, the exit code is \
            75: run the same command again.

            Reports are named by their ids, or by the rows of the file that they were made of: --csv names the file, if rows \
            of several were sent, and --row its rows, from 1, without the header. All reports of a row that count or may \
            count are taken back.
            """)

    struct Output: Encodable {
        struct Report: Encodable {
            let reportId: String
            /// Of the data, from 1, where the report is one of a file.
            let row: Int?
            /// `withdrawn`, `pending`, `held`, `too_late` or `refused`.
            let state: String
            let reason: String?
            /// In so many seconds the node can be asked again, where it holds the report.
            var retryAfter: Int?
        }

        let reports: [Report]
    }

    enum Node: String, ExpressibleByArgument, CaseIterable {
        case leader, helper
    }

    @OptionGroup var task: TaskReference
    @Option(
        name: .customLong("report"), parsing: .unconditionalSingleValue,
        help: "A report's id, from `cairn receipt list`; may be repeated.", transform: ReportArgument.parse)
    var reports: [ReportID] = []
    @Option(help: "The file whose rows are meant; its name will do.") var csv: String?
    @Option(name: .customLong("row"), help: "Rows: N, N..M or N.., from 1, without the header; may be repeated.")
    var rows: [RowSelection] = []
    @Option(help: "Whom to ask: leader or helper.") var at: Node = .leader
    @OptionGroup var network: NetworkOptions
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        if reports.isEmpty, rows.isEmpty { throw ValidationError("Name at least one --report or --row.") }
        if rows.isEmpty, csv != nil { throw ValidationError("--csv goes with --row: 1.. means all rows.") }
    }

    func run() async throws {
        let file = try task.load()
        let client = try TaskClient(task: file, transport: .speaking)
        let wallet = try WalletAccess.open().wallet
        let contents = try wallet.contents()
        let chosen = try reports + (rows.isEmpty ? [] : reportsOfRows(contents, file.taskID))
        let url = at == .helper ? file.configuration.helperURL : file.configuration.leaderURL
        let tally = WithdrawalTally()
        let bar = ProgressBar("taking back", total: chosen.count)
        do {
            try await Interruption.cancelling { [self] in
                try await client.withdraw(chosen, out: wallet, atHelper: at == .helper, patience: Self.patience) {
                    tally.add(Self.describe($0, row: contents.rows[ReportKey(file.taskID, $0)], $1))
                    if case .held = $1 { return }
                    bar.advance()
                }
            }
        } catch {
            bar.finish()
            try print(tally.found)
            throw error
        }
        bar.finish()
        try print(tally.found)
        let held = tally.found.filter(\.isHeld)
        if !held.isEmpty {
            throw ContributorError.unfinished(
                url: url,
                reason: "it holds \(held.count) of \(chosen.count) reports, and asks to come back in "
                    + "\(held.compactMap(\.retryAfter).max() ?? 1) s")
        }
        if !json { NextStep.tell("see what counts", PrintedCommand("receipt", "list").option("--task", task.name)) }
        if tally.found.contains(where: \.isKept) { throw ExitStatus.no.code }
    }

    /// How long reports that the node holds are waited for.
    private static var patience: Duration { NetworkOptions.timeout ?? RetryRule.longestPatienceWhenAsked }

    /// The reports of the chosen rows that count or may count.
    private func reportsOfRows(_ contents: WalletContents, _ task: TaskID) throws -> [ReportID] {
        let sources = try RowNames.sources(csv, in: contents, task: task)
        guard Set(sources.map(\.path)).count == 1 else {
            throw CommandFailure(
                "rows of several files were sent to the task: \(RowNames.names(sources))",
                advice: "Say with --csv which one is meant.")
        }
        let ids = Set(sources.map(\.key.sourceID))
        let found = contents.rows.filter { key, row in
            guard key.taskID == task, ids.contains(row.sourceID), let report = contents.reports[key] else {
                return false
            }
            return rows.contains { $0.contains(Int(clamping: row.row)) }
                && (report.state.isOpen || report.state == .stored)
        }
        // Of a file whose header was mended, each row was sent of one column only.
        let columns = Set(
            sources.filter { source in found.values.contains { $0.sourceID == source.key.sourceID } }.map(\.columns))
        guard columns.count <= 1 else {
            throw CommandFailure(
                "these rows were sent of several columns: \(columns.sorted().map(RowNames.shown).joined(separator: "; "))",
                advice: "Name the reports with --report; `cairn receipt list --csv FILE` lists them.")
        }
        let name = RowNames.file(sources[0].path)
        for selection in rows {
            guard found.values.contains(where: { selection.contains(Int(clamping: $0.row)) }) else {
                // What came through a pipe has no name.
                let file = sources[0].path
                let list = PrintedCommand("receipt", "list").option("--csv", file.isEmpty ? nil : file)
                throw CommandFailure(
                    "no report of \(name), row \(selection.first)"
                        + "\(selection.first == selection.last ? "" : " and behind"), counts",
                    advice: "See what became of each row: \(list.text)")
            }
        }
        return found.sorted { ($0.value.row, $0.value.generation) < ($1.value.row, $1.value.generation) }.map(
            \.key.reportID)
    }

    private func print(_ found: [Output.Report]) throws {
        if json { return try JSONOutput.print(Output(reports: found)) }
        // A line each as long as anybody reads them; of many, those that stay.
        let listed = found.count <= 20 ? found : found.filter(\.isKept)
        for report in listed {
            let row = report.row.map { "  row \($0)" } ?? ""
            Console.print("\(report.reportId)\(row)  \(report.state)" + (report.reason.map { ": \($0)" } ?? ""))
        }
        if found.count > 20 {
            Console.print("\(found.count { !$0.isKept }) of \(found.count) reports taken back")
        }
    }

    private static func describe(_ id: ReportID, row: ReportRow?, _ answer: WithdrawalAnswer) -> Output.Report {
        let (state, reason, retryAfter): (String, String?, Int?) =
            switch answer {
            case .withdrawn: ("withdrawn", nil, nil)
            case .pending: ("pending", nil, nil)
            case .held(let seconds, let reason): ("held", "for \(seconds) s. \(reason)", seconds)
            case .tooLate: ("too_late", "its batch is closed", nil)
            case .refused(let reason): ("refused", reason, nil)
            }
        return Output.Report(
            reportId: id.base64URL, row: row.map { Int(clamping: $0.row) }, state: state, reason: reason,
            retryAfter: retryAfter)
    }
}

extension WithdrawCommand.Output.Report {
    /// Whether the node did not let the report go.
    fileprivate var isKept: Bool { state == "too_late" || state == "refused" || isHeld }

    /// Whether it may let the report go later.
    fileprivate var isHeld: Bool { state == "held" }
}

/// What became of withdrawals so far.
private final class WithdrawalTally: Sendable {
    private struct State {
        var reports: [WithdrawCommand.Output.Report] = []
        var places: [String: Int] = [:]
    }

    private let state = Mutex(State())

    var found: [WithdrawCommand.Output.Report] { state.withLock { $0.reports } }

    /// The last word on a report counts.
    func add(_ report: WithdrawCommand.Output.Report) {
        state.withLock { state in
            if let place = state.places[report.reportId] {
                state.reports[place] = report
            } else {
                state.places[report.reportId] = state.reports.count
                state.reports.append(report)
            }
        }
    }
}
