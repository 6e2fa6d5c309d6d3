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
            "Reads the log, finds your reports by their claim keys, and computes their credit from what you saved. Of more "
            + "than \(longest) reports the batches are listed, and every report only with --all.")

    /// As many reports are listed without being asked for.
    private static let longest = 40

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
    @Flag(help: "Every report, however many there are.") var all = false
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
        if all || reports.count <= Self.longest {
            for report in reports { Console.print("\(report.reportId)  \(report.credit ?? "input not saved here")") }
        } else {
            for line in Self.batches(reports) { Console.print(line) }
        }
        if reports.isEmpty { return Console.error("no report of yours is in a closed batch yet") }
        Console.print("total  \(total.map { "\($0)" } ?? "unknown")")
    }

    /// A line for each batch, in the order of the log.
    private static func batches(_ reports: [Output.Report]) -> [String] {
        var order: [String] = []
        var groups: [String: (reports: Int, unknown: Int, credit: Int64)] = [:]
        for report in reports {
            let name = "\(report.taskId) \(report.batch)"
            if groups[name] == nil { order.append(name) }
            var group = groups[name] ?? (0, 0, 0)
            group.reports += 1
            if let credit = report.credit.flatMap({ Int64($0) }) { group.credit &+= credit } else { group.unknown += 1 }
            groups[name] = group
        }
        return order.compactMap { name in
            groups[name].map { group in
                "batch \(name.split(separator: " ").last ?? "")  \(group.reports) reports  \(group.credit)"
                    + (group.unknown > 0 ? ", and \(group.unknown) whose input is not saved here" : "")
            }
        }
    }
}

extension ClaimableBatch {
    /// The credit of one report; nil where its input is not saved.
    func credit(of report: ClaimableReport) -> Int64? {
        try? ClaimableBatch(task: task, closeProof: closeProof, weights: weights, reports: [report]).credits()[0]
    }
}
