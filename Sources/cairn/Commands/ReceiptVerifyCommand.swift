import ArgumentParser
import Contributor
import DAP
import Encodings
import Foundation
import Ledger
import Tasks
import TransparencyLog

/// `cairn receipt verify`: needs the files, and nothing but them.
struct ReceiptVerifyCommand: ParsableCommand, Judging {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify receipts, without any network.",
        discussion: """
            Of each receipt, checks the policy's log signature, witness quorum and inclusion proof, and the claim key's \
            signature over the commitments. Where the task is known (--task, or installed) also that the receipt is the task's, and that the leader states a \
            time on its checkpoint which the witnesses confirm: only by such checkpoints can promises be judged.

            Names of folders stand for the receipts in them, as `cairn receipt fetch --out FOLDER` writes them. Without \
            --policy the policy is that of --task, or of the installed task that the receipt names. The exit code is 0 only \
            if all receipts hold.
            """)

    struct Output: Encodable {
        struct Check: Encodable {
            let check: String
            let passed: Bool
            let failure: String?
        }

        let file: String
        let valid: Bool
        let checks: [Check]
        let index: UInt64?
        let taskId: String?
        let reportId: String?
        let claimKey: String?

        init(_ report: ReceiptReport, file: String) {
            self.file = file
            valid = report.isValid
            checks = report.outcomes.map {
                Check(check: $0.check.rawValue, passed: $0.failure == nil, failure: $0.failure)
            }
            index = report.index
            taskId = report.entry?.taskID.base64URL
            reportId = report.entry?.metadata.reportID.base64URL
            claimKey = report.claimKey.map { Hex.encode($0) }
        }
    }

    /// With several receipts.
    struct Outputs: Encodable {
        let valid: Bool
        let receipts: [Output]
    }

    @Argument(help: "Receipts (.tlog-proof files), or folders of them.") var files: [String]
    @Option(help: "The log policy: which log, which witnesses; that of the task by default.") var policy: String?
    @Option(help: "The receipts' task: a file, or the name of an installed task.") var task: String?
    @Flag(help: "Print JSON: of one receipt its checks, of several a list `receipts`.") var json = false

    func run() throws {
        let policies = try ReceiptPolicies(file: policy, task: task)
        let paths = try files.flatMap(Self.receipts)
        var reports: [(path: String, report: ReceiptReport)] = []
        for path in paths {
            let bytes = try UserFile.readUTF8(path, limit: 1 << 20)
            let judgement = try policies.judgement(of: bytes, path: path)
            reports.append((path, Receipt.verify(file: bytes, policy: judgement.policy, task: judgement.task)))
        }
        if json {
            let outputs = reports.map { Output($0.report, file: $0.path) }
            if paths.count == 1, paths == files {
                try JSONOutput.print(outputs[0])
            } else {
                try JSONOutput.print(Outputs(valid: outputs.allSatisfy(\.valid), receipts: outputs))
            }
        } else {
            print(reports)
        }
        if !reports.allSatisfy(\.report.isValid) { throw ExitStatus.no.code }
    }

    /// One receipt in full; of several those in full that do not hold, and a sum.
    private func print(_ reports: [(path: String, report: ReceiptReport)]) {
        if reports.count == 1 {
            for line in Self.lines(reports[0].report) { Console.print(line) }
            return
        }
        for (path, report) in reports {
            Console.print("\(report.isValid ? "ok    " : "FAILED")  \(path)")
            if !report.isValid { for line in Self.lines(report) { Console.print("        \(line)") } }
        }
        Console.print("\(reports.count { $0.report.isValid }) of \(reports.count) receipts hold")
    }

    /// The receipts that an argument names.
    private static func receipts(_ path: String) throws -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            return [path]
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".tlog-proof") }
        guard !names.isEmpty else {
            throw CommandFailure(
                "the folder \(path) holds no receipts, files whose names end in .tlog-proof",
                advice: "Write those of your wallet there: "
                    + PrintedCommand("receipt", "fetch").option("--out", ShellWords.path(path)).text)
        }
        return names.sorted().map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
    }

    /// One line a check, then what the receipt says.
    static func lines(_ report: ReceiptReport) -> [String] {
        var lines = report.outcomes.map { outcome in
            "\(outcome.failure == nil ? "ok    " : "FAILED")  \(name(outcome.check))"
                + (outcome.failure.map { ": \($0)" } ?? "")
        }
        if report.isValid, let entry = report.entry, let index = report.index {
            lines.append(
                "report \(entry.metadata.reportID.base64URL) of task \(entry.taskID.base64URL) is entry \(index)")
        }
        return lines
    }

    private static func name(_ check: ReceiptReport.Check) -> String {
        switch check {
        case .format: "the file is a tlog-proof"
        case .entry: "it proves a report entry"
        case .log: "the log's signature, the witnesses' quorum and the inclusion proof hold"
        case .claimKey: "the claim key has signed the commitments"
        case .leaderTime: "the receipt is the task's, and the leader's time on it is confirmed"
        }
    }
}

/// By which policy each receipt is judged: that of `--policy`, of `--task`, or of the installed task that it names.
///
/// A receipt could name any task; one that is installed here is one that its owner has chosen to believe.
private struct ReceiptPolicies {
    struct Judgement {
        let policy: LogPolicy
        /// The receipt's, where it is known.
        let task: ValidatedTask?
    }

    private let given: Judgement?
    private let installed: [TaskID: TaskFile]

    init(file: String?, task argument: String?) throws {
        let home = try ContributorHome.standard()
        let taskFile = try argument.map { try home.task($0) }
        let policy = try file.map(LogPolicyFile.read) ?? taskFile?.parsedPolicy()
        given = try policy.map { Judgement(policy: $0, task: try taskFile?.configuration.validated()) }
        let files = given == nil ? home.tasks().compactMap { try? $0.result.get() } : []
        installed = Dictionary(files.map { ($0.taskID, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func judgement(of receipt: [UInt8], path: String) throws -> Judgement {
        if let given { return given }
        guard let id = Receipt.taskID(of: receipt) else {
            throw CommandFailure("\(path) is not a receipt", advice: "`cairn receipt fetch --out FOLDER` writes them.")
        }
        guard let file = installed[id] else {
            throw CommandFailure(
                "\(path) is a receipt of task \(id.base64URL), which is not installed here",
                advice: "Give its log policy with --policy, or its file with --task.")
        }
        return Judgement(policy: try file.parsedPolicy(), task: try file.configuration.validated())
    }
}
