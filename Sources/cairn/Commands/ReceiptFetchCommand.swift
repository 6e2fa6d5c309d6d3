import ArgumentParser
import Contributor
import DAP

/// `cairn receipt fetch`: gets the receipts that are not here yet.
struct ReceiptFetchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Fetch missing receipts from the leader.",
        discussion: "A receipt exists once the report is in the log under a checkpoint with the policy's quorum.")

    struct Output: Encodable {
        let fetched: [String]
        let pending: [String]
        /// Report ids and the reason for which each was refused after its upload.
        let rejected: [String: String]
        let unknown: [String]
    }

    @Option(name: .customLong("task"), help: "Only this task: a file, or the name of an installed task.")
    var task: String?
    @Option(help: "Wait for pending receipts up to so many seconds.") var wait: UInt64 = 0
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let home = ContributorHome.standard()
        let files = try task.map { [try home.task($0)] } ?? home.tasks().compactMap { try? $0.result.get() }
        var fetched: [String] = []
        var pending: [String] = []
        var rejected: [String: String] = [:]
        var unknown: [String] = []
        for file in files where file.logPolicy != nil {
            let client = try TaskClient(task: file)
            for record in try home.records(of: file.taskID) {
                guard !home.hasReceipt(taskID: record.taskID, reportID: record.reportID) else { continue }
                if case .rejected = record.state { continue }
                if case .withdrawn = record.state { continue }
                switch try await client.awaitReceipt(of: record.reportID, deadline: .seconds(Int64(wait))) {
                case .available(let text):
                    fetched.append(try home.save(receipt: text, taskID: record.taskID, reportID: record.reportID))
                case .pending: pending.append(record.reportID.base64URL)
                case .rejected(let reason): rejected[record.reportID.base64URL] = reason
                case .unknown: unknown.append(record.reportID.base64URL)
                }
            }
        }
        if json {
            return try JSONOutput.print(
                Output(fetched: fetched, pending: pending, rejected: rejected, unknown: unknown))
        }
        for path in fetched { Console.print(path) }
        for id in pending { Console.error("\(id): not in the log yet") }
        for (id, reason) in rejected.sorted(by: { $0.key < $1.key }) { Console.error("\(id): rejected: \(reason)") }
        for id in unknown { Console.error("\(id): unknown to the leader") }
        if fetched.isEmpty, pending.isEmpty, rejected.isEmpty, unknown.isEmpty { Console.error("nothing to fetch") }
    }
}
