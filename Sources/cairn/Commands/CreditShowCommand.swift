import ArgumentParser
import Contributor
import Credit
import DAP
import Ledger

/// `cairn credit show`: what one's own reports earned. Only their contributor can compute it.
struct CreditShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what your reports earned.",
        discussion:
            "Reads the log, finds your reports by their claim keys, and computes their credit from what you saved.")

    struct Output: Encodable {
        struct Report: Encodable {
            let taskId: String
            let reportId: String
            let batch: String
            /// A decimal string: JSON readers keep 53 bits. nil where the input is not saved here.
            let credit: String?
        }

        let reports: [Report]
        /// nil where a credit is not known.
        let total: String?
    }

    @OptionGroup var own: OwnCreditOptions
    @OptionGroup var network: NetworkOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        var reports: [Output.Report] = []
        var total: Int64? = 0
        for book in try await own.books() {
            for batch in book.batches {
                for report in batch.reports {
                    let credit = batch.credit(of: report)
                    total = total.flatMap { sum in credit.map { sum &+ $0 } }
                    reports.append(
                        Output.Report(
                            taskId: book.task.taskID.base64URL,
                            reportId: report.report.entry.metadata.reportID.base64URL,
                            batch: report.report.entry.batchID?.base64URL ?? "\(report.report.entry.metadata.time)",
                            credit: credit.map { "\($0)" }))
                }
            }
        }
        if json { return try JSONOutput.print(Output(reports: reports, total: total.map { "\($0)" })) }
        for report in reports { Console.print("\(report.reportId)  \(report.credit ?? "input not saved here")") }
        if reports.isEmpty { return Console.error("no report of yours is in a closed batch yet") }
        Console.print("total  \(total.map { "\($0)" } ?? "unknown")")
    }
}

extension ClaimableBatch {
    /// The credit of one report; nil where its input is not saved.
    func credit(of report: ClaimableReport) -> Int64? {
        try? ClaimableBatch(task: task, closeProof: closeProof, weights: weights, reports: [report]).credits()[0]
    }
}
