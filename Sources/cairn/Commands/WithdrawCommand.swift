import ArgumentParser
import Contributor
import DAP
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
            """)

    struct Output: Encodable {
        struct Report: Encodable {
            let reportId: String
            /// `withdrawn`, `pending`, `too_late` or `refused`.
            let state: String
            let reason: String?
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
    var reports: [ReportID]
    @Option(help: "Whom to ask: leader or helper.") var at: Node = .leader
    @OptionGroup var network: NetworkOptions
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        if reports.isEmpty { throw ValidationError("Name at least one --report.") }
    }

    func run() async throws {
        let file = try task.load()
        let client = try TaskClient(task: file, transport: .speaking)
        let wallet = try WalletAccess.open().wallet
        let seed = wallet.seed
        var found: [Output.Report] = []
        for id in reports {
            let promise = at == .helper ? try wallet.promise(of: ReportKey(file.taskID, id)) : nil
            let answer = try await client.withdraw(id, seed: seed, atHelper: at == .helper, promise: promise)
            let isGone = answer == .withdrawn || answer == .pending
            if isGone { try wallet.markWithdrawn([ReportKey(file.taskID, id)]) }
            found.append(Self.describe(id, answer))
        }
        if json {
            try JSONOutput.print(Output(reports: found))
        } else {
            for report in found {
                Console.print("\(report.reportId)  \(report.state)" + (report.reason.map { ": \($0)" } ?? ""))
            }
            NextStep.tell("see what counts", PrintedCommand("receipt", "list").option("--task", task.name))
        }
        if found.contains(where: { $0.state == "too_late" || $0.state == "refused" }) { throw ExitStatus.no.code }
    }

    private static func describe(_ id: ReportID, _ answer: WithdrawalAnswer) -> Output.Report {
        let (state, reason): (String, String?) =
            switch answer {
            case .withdrawn: ("withdrawn", nil)
            case .pending: ("pending", nil)
            case .tooLate: ("too_late", "its batch is closed")
            case .refused(let reason): ("refused", reason)
            }
        return Output.Report(reportId: id.base64URL, state: state, reason: reason)
    }
}
