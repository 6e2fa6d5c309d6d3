import ArgumentParser
import Contributor
import DAP
import Encodings
import Tasks
import Wallet

/// `cairn receipt fetch`: gets the receipts that are not here yet.
struct ReceiptFetchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Fetch missing receipts from the leader.",
        discussion: """
            A receipt exists once the report is in the log under a checkpoint with the policy's quorum. Where the leader has \
            ended the task, it is made from the log. It is kept in the wallet; with --out, the receipts of all reports are written as files, too, for `cairn receipt verify` and other \
            people's tools.
            """)

    struct Output: Encodable {
        /// Report ids.
        let fetched: [String]
        /// With --out: the paths of all receipts of the tasks.
        let files: [String]?
        let pending: [String]
        /// When the leader says that pending receipts can be asked for again, in RFC 3339, by report id; those of which it says
        /// nothing may come at any moment.
        let expected: [String: String]
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
        var pending: [(id: String, note: String)] = []
        var expected: [String: String] = [:]
        var rejected: [String: String] = [:]
        var unknown: [String] = []
        if task != nil, files.allSatisfy({ $0.logPolicy == nil }) {
            Console.error("cairn: the task logs no reports, so there are no receipts of it")
        }
        for file in files where file.logPolicy != nil {
            let client = try TaskClient(task: file, transport: .speaking)
            let missing = client.missingReceipts(in: try access.wallet.contents())
            let bar = ProgressBar("asking for receipts", total: missing.count)
            defer { bar.finish() }
            let found = try await client.fetchReceipts(
                of: missing, into: access.wallet, patience: .seconds(Int64(wait))
            ) { bar.advance() }
            if let (count, error) = found.unasked {
                Console.error(
                    "cairn: the leader does not know \(count) of your reports (it may have ended the task), and its log "
                        + "could not be read: \(CommandFailure.describe(error))")
            }
            fetched += found.fetched.map(\.base64URL)
            for receipt in found.pending {
                let id = receipt.reportID.base64URL
                pending.append((id, Self.notYet(receipt.wait, until: receipt.expected)))
                expected[id] = receipt.expected.map(TimeArgument.text)
            }
            for (id, reason) in found.rejected { rejected[id.base64URL] = reason }
            unknown += found.unknown.map(\.base64URL).sorted()
            await Self.holdAgainstTheLog(client, access.wallet)
        }
        let written = try out.map { try Self.write(try access.wallet.contents(), of: files, to: $0) }
        if json {
            return try JSONOutput.print(
                Output(
                    fetched: fetched, files: written, pending: pending.map(\.id), expected: expected,
                    rejected: rejected, unknown: unknown))
        }
        // A line each as long as anybody reads them.
        if (written ?? fetched).count <= Self.longest {
            for line in written ?? fetched { Console.print(line) }
        } else {
            Console.print(
                "\(fetched.count) receipts fetched\(out.map { "; \(written?.count ?? 0) are in \($0)" } ?? "")")
        }
        Self.list(pending.map { ($0.id, $0.note) }, "not in the log yet")
        Self.list(
            rejected.sorted { $0.key < $1.key }.map { ($0.key, "rejected: \(ReportError.explained($0.value))") },
            "rejected")
        let nowhere = "unknown to the leader, and not in its log"
        Self.list(unknown.map { ($0, nowhere) }, nowhere)
        if let out, written?.isEmpty == false {
            NextStep.tell("check them", PrintedCommand("receipt", "verify").word(path: out))
        } else if !fetched.isEmpty {
            NextStep.tell("what they earned, once their batch is closed", PrintedCommand("credit", "show"))
        }
        if fetched.isEmpty, pending.isEmpty, rejected.isEmpty, unknown.isEmpty { Console.error("nothing to fetch") }
    }

    /// A report may be rejected or withdrawn after its receipt came. That the log cannot be read now is no failure here.
    private static func holdAgainstTheLog(_ client: TaskClient, _ wallet: ContributorWallet) async {
        do {
            try await client.refreshStates(in: wallet)
        } catch {
            Console.error(
                "cairn: what the log says about your reports could not be read: \(CommandFailure.describe(error))")
        }
    }

    private static let longest = 40

    /// What a report waits for that has no receipt yet, and until when: the leader's word.
    private static func notYet(_ wait: ReceiptWait, until time: UInt64?) -> String {
        let text = "not in the log yet" + (wait.reason.map { "; it waits for \($0)" } ?? "")
        return text + (time.map { ". Ask again after \(PeopleTime.text($0))" } ?? "")
    }

    private static func list(_ reports: [(id: String, what: String)], _ summary: String) {
        if reports.count <= longest {
            for report in reports { Console.error("\(report.id): \(report.what)") }
        } else {
            Console.error("\(reports.count) reports: \(summary) (--json lists them)")
        }
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
