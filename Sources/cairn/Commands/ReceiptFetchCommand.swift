import ArgumentParser
import Contributor
import DAP
import Wallet

/// `cairn receipt fetch`: gets the receipts that are not here yet.
struct ReceiptFetchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Fetch missing receipts from the leader.",
        discussion: """
            A receipt exists once the report is in the log under a checkpoint with the policy's quorum. It is kept in the \
            wallet; with --out, the receipts of all reports are written as files, too, for `cairn receipt verify` and other \
            people's tools.
            """)

    struct Output: Encodable {
        /// Report ids.
        let fetched: [String]
        /// With --out: the paths of all receipts of the tasks.
        let files: [String]?
        let pending: [String]
        /// Report ids and the reason for which each was refused after its upload.
        let rejected: [String: String]
        let unknown: [String]
    }

    @Option(name: .customLong("task"), help: "Only this task: a file, or the name of an installed task.")
    var task: String?
    @Option(help: "Wait for pending receipts up to so many seconds.") var wait: UInt64 = 0
    @Option(help: "A folder to write REPORT-ID.tlog-proof files to.") var out: String?
    @OptionGroup var network: NetworkOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let access = try WalletAccess.open()
        let files =
            try task.map { [try access.home.task($0)] } ?? access.home.tasks().compactMap { try? $0.result.get() }
        var fetched: [String] = []
        var pending: [String] = []
        var rejected: [String: String] = [:]
        var unknown: [String] = []
        if task != nil, files.allSatisfy({ $0.logPolicy == nil }) {
            Console.error("cairn: the task logs no reports, so there are no receipts of it")
        }
        for file in files where file.logPolicy != nil {
            let client = try TaskClient(task: file, transport: .speaking)
            let contents = try access.wallet.contents()
            for record in contents.history(of: file.taskID) where contents.receipts[record.key] == nil {
                if case .rejected = record.state { continue }
                if case .withdrawn = record.state { continue }
                let id = record.reportID.base64URL
                switch try await client.awaitReceipt(of: record.reportID, deadline: .seconds(Int64(wait))) {
                case .available(let text):
                    try access.wallet.save(receipt: text, of: record.key)
                    fetched.append(id)
                case .pending: pending.append(id)
                case .rejected(let reason): rejected[id] = reason
                case .unknown: unknown.append(id)
                }
            }
        }
        let written = try out.map { try Self.write(try access.wallet.contents(), of: files, to: $0) }
        if json {
            return try JSONOutput.print(
                Output(fetched: fetched, files: written, pending: pending, rejected: rejected, unknown: unknown))
        }
        for line in written ?? fetched { Console.print(line) }
        for id in pending { Console.error("\(id): not in the log yet") }
        for (id, reason) in rejected.sorted(by: { $0.key < $1.key }) {
            Console.error("\(id): rejected: \(ReportError.explained(reason))")
        }
        for id in unknown { Console.error("\(id): unknown to the leader") }
        if let out, written?.isEmpty == false {
            NextStep.tell("check them", PrintedCommand("receipt", "verify").word(path: out))
        } else if !fetched.isEmpty {
            NextStep.tell("what they earned, once their batch is closed", PrintedCommand("credit", "show"))
        }
        if fetched.isEmpty, pending.isEmpty, rejected.isEmpty, unknown.isEmpty { Console.error("nothing to fetch") }
    }

    /// Writes the receipts of some tasks; files that are there are replaced.
    private static func write(_ contents: WalletContents, of files: [TaskFile], to folder: String) throws -> [String] {
        try UserFile.createFolder(folder)
        return try files.flatMap { contents.history(of: $0.taskID) }.compactMap { record in
            guard let text = contents.receipts[record.key] else { return nil }
            let path = "\(folder)/\(record.reportID.base64URL).tlog-proof"
            try UserFile.replace(path, text)
            return path
        }
    }
}
