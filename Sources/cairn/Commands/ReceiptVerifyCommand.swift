import ArgumentParser
import Contributor
import DAP
import Encodings
import Ledger
import TransparencyLog

/// `cairn receipt verify`: offline, with nothing but the file and a policy.
struct ReceiptVerifyCommand: ParsableCommand, Judging {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify a receipt offline.",
        discussion: """
            Checks in this order, and names the first that fails: the file's format, the entry, the log (signature, \
            witnesses' quorum, inclusion), the claim key's signature over the commitments. With --task also that the \
            receipt is the task's, and that the leader states a time on its checkpoint which the witnesses confirm: only by \
            such checkpoints can promises be judged.
            """)

    struct Output: Encodable {
        struct Check: Encodable {
            let check: String
            let passed: Bool
            let failure: String?
        }

        let valid: Bool
        let checks: [Check]
        let index: UInt64?
        let taskId: String?
        let reportId: String?
        let claimKey: String?
    }

    @Argument(help: "The receipt, a .tlog-proof file.") var file: String
    @Option(help: "The log policy: which log, which witnesses.") var policy: String
    @Option(help: "The receipt's task: a file, or the name of an installed task.") var task: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let task = try self.task.map { try ContributorHome.standard().task($0).configuration.validated() }
        let report = Receipt.verify(
            file: try UserFile.readUTF8(file, limit: 1 << 20), policy: try LogPolicyFile.read(policy), task: task)
        if json {
            let checks = report.outcomes.map {
                Output.Check(check: $0.check.rawValue, passed: $0.failure == nil, failure: $0.failure)
            }
            try JSONOutput.print(
                Output(
                    valid: report.isValid, checks: checks, index: report.index,
                    taskId: report.entry?.taskID.base64URL, reportId: report.entry?.metadata.reportID.base64URL,
                    claimKey: report.claimKey.map { Hex.encode($0) }))
        } else {
            for line in Self.lines(report) { Console.print(line) }
        }
        if !report.isValid { throw ExitStatus.no.code }
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
