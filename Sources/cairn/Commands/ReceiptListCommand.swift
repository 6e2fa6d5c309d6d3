import ArgumentParser
import Contributor
import DAP
import Wallet

/// `cairn receipt list`: the contributor's history.
struct ReceiptListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List your reports and whether their receipts have been fetched.")

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
        }

        let reports: [Report]
    }

    @Option(name: .customLong("task"), help: "Only this task: a file, or the name of an installed task.")
    var task: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let access = try WalletAccess.open()
        let contents = try access.wallet.contents()
        let reports = contents.history(of: try task.map { try access.home.task($0).taskID }).map { record in
            let (state, reason) = Self.text(record.state)
            return Output.Report(
                taskId: record.taskID.base64URL, reportId: record.reportID.base64URL,
                time: TimeArgument.text(record.time), state: state, reason: reason,
                hasReceipt: contents.receipts[record.key] != nil, hasPromise: contents.promises[record.key] != nil)
        }
        if json { return try JSONOutput.print(Output(reports: reports)) }
        if reports.isEmpty { Console.print("no reports yet") }
        for report in reports {
            let what = report.hasReceipt ? "receipt" : "no receipt yet"
            Console.print("\(report.time)  \(report.reportId)  \(report.reason ?? report.state)  \(what)")
        }
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
