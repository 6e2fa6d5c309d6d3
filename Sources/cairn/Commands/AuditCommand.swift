import ArgumentParser
import Contributor
import DAP
import Encodings
import Ledger
import TransparencyLog

/// `cairn audit`: recomputes every batch's public check from the log alone.
struct AuditCommand: AsyncParsableCommand, Judging {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Check published results against the log.",
        discussion: """
            Reads the log from a URL or a folder, verifies it under the policy, adds up the logged commitments of \
            every batch and compares them with the sums that the aggregators signed. No secret is needed and no node is \
            trusted. Of training runs it follows the models from round to round; with --task only within that task.

            The exit code is 0 if nothing is wrong: every closed batch is verified, every model follows from the one before, \
            and every payout adds up; a batch that is still open is said and is no failure. It is 1 if something is false: a \
            batch, a model or a payout that fails its check, or a log that contradicts its own checkpoint. It is 2 where this \
            could not be found out: the log cannot be reached or lacks data, the policy does not accept its checkpoint, or \
            a task names another log or policy.
            """)

    struct Output: Encodable {
        struct Batch: Encodable {
            let taskId: String
            let batch: String
            let count: UInt64
            let verdict: String
            let result: [String]?
            let findings: [String]
            /// `leader`, `helper` or both: whom a signature convicts.
            let culprits: [String]
        }

        struct Payout: Encodable {
            let taskId: String
            let pool: UInt64
            let claims: Int?
            let paid: UInt64?
            let finding: String?
        }

        struct Lineage: Encodable {
            let taskId: String
            let finding: String
            /// `owner`, where the owner's signatures convict it.
            let culprits: [String]
        }

        struct Task: Encodable {
            let taskId: String
            /// Of a training round: the run, and the number of the round.
            let runId: String?
            let round: UInt32?
            /// What the task does not promise, by `TaskWeakness`'s names.
            let lacks: [String]
        }

        let verified: Bool
        /// `verified`, `open` (nothing is wrong, and something is not finished), `failed` or `unverified`.
        let outcome: String
        /// Entries in the log.
        let size: UInt64
        let batches: [Batch]
        let payouts: [Payout]
        /// Where models of a training run do not follow from each other.
        let lineage: [Lineage]
        let tasks: [Task]
        /// What is odd but convicts nobody of a wrong result.
        let notes: [String]
    }

    @Option(help: "The log's URL or folder.") var log: String
    @Option(help: "The log policy: which log, which witnesses.") var policy: String
    // An id may begin with a dash.
    @Option(
        name: .customLong("task"), parsing: .unconditional,
        help: "Only this task: its id (43 characters), a task file, or the name of an installed task.")
    var task: String?
    @OptionGroup var network: NetworkOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let id = try task.map { try TaskID(base64URL: $0) ?? ContributorHome.standard().task($0).taskID }
        let bar = ProgressBar("reading the log", total: 100)
        let report = try await Self.audit(log: log, policy: try LogPolicyFile.read(policy), taskID: id) { done, total in
            bar.set(total == 0 ? 100 : Int(done * 100 / total))
        }
        bar.finish()
        let batches = report.batches.map(Self.describe)
        let payouts = report.payouts.map(Self.describe)
        let lineage = report.lineage.map(Self.describe)
        if json {
            try JSONOutput.print(
                Output(
                    verified: report.isVerified, outcome: report.outcome.rawValue, size: report.head.size,
                    batches: batches, payouts: payouts,
                    lineage: lineage,
                    tasks: report.tasks.map {
                        Output.Task(
                            taskId: $0.taskID.base64URL, runId: $0.round?.runName, round: $0.round?.number,
                            lacks: $0.weaknesses.map(\.name))
                    },
                    notes: report.notes))
        } else {
            Console.print("log of \(report.head.size) entries, its checkpoint accepted by the policy:")
            for line in "\(report.policyVerdict)".split(separator: "\n") { Console.print("  \(line)") }
            let precisions = Dictionary(
                report.tasks.map { ($0.taskID, $0.timePrecision) }, uniquingKeysWith: { first, _ in first })
            for (batch, audit) in zip(batches, report.batches) {
                Self.print(
                    batch, scope: BatchScope.line(audit.selector, timePrecision: precisions[audit.taskID]))
            }
            if batches.isEmpty { Console.print("no batch in the log") }
            for payout in payouts { Self.print(payout) }
            for task in report.tasks {
                guard let round = task.round else { continue }
                Console.print(
                    "ROUND     \(round.number) of run \(round.runName) is task \(task.taskID.base64URL)")
            }
            for finding in lineage { Self.print(finding) }
            for note in report.notes { Console.print("note: \(note)") }
            for task in report.tasks where !task.weaknesses.isEmpty {
                let sentences = task.weaknesses.map(\.description).joined(separator: "; ")
                Console.print("note: task \(task.taskID.base64URL) lacks: \(sentences)")
            }
        }
        if !json, report.outcome == .verified {
            NextStep.tell("a receipt is checked without any network: cairn receipt verify FILE")
        }
        switch report.outcome {
        case .verified: break
        case .open:
            Console.error(
                "cairn: nothing is wrong with what is in the log; "
                    + (batches.isEmpty
                        ? "no batch is there yet" : "a batch is still open, and is checked once it is collected"))
        case .failed: throw ExitStatus.no.code
        case .unverified: throw ExitStatus.unknown.code
        }
    }

    static func audit(
        log: String, policy: LogPolicy, taskID: TaskID?,
        progress: @Sendable (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in }
    ) async throws -> AuditReport {
        try await Auditor(source: try LogPlace(log).source(.speaking), policy: policy).audit(
            taskID: taskID, progress: progress)
    }

    static func describe(_ audit: BatchAudit) -> Output.Batch {
        var result: [String]?
        var findings: [String] = []
        var culprits: [String] = []
        let verdict: String
        switch audit.verdict {
        case .verified(let value):
            verdict = "verified"
            result = value.decimals
        case .failed(let list):
            verdict = "failed"
            findings = list.map(\.text)
            culprits = Set(list.flatMap(\.culprits).map { "\($0)" }).sorted()
        case .unverified(let reasons):
            verdict = "unverified"
            findings = reasons
        case .unfinished(let reason):
            verdict = "unfinished"
            findings = [reason]
        }
        return Output.Batch(
            taskId: audit.taskID.base64URL, batch: BatchScope.text(audit.selector), count: audit.count,
            verdict: verdict, result: result, findings: findings, culprits: culprits)
    }

    private static func describe(_ audit: PayoutAudit) -> Output.Payout {
        let (task, pool) = (audit.entry.taskID.base64URL, audit.entry.pool)
        return switch audit.verdict {
        case .divided(let table):
            Output.Payout(taskId: task, pool: pool, claims: table.rows.count, paid: table.paid, finding: nil)
        case .wrong(let reason), .unverified(let reason):
            Output.Payout(taskId: task, pool: pool, claims: nil, paid: nil, finding: reason)
        }
    }

    private static func describe(_ finding: LineageFinding) -> Output.Lineage {
        Output.Lineage(
            taskId: finding.taskID.base64URL, finding: finding.text,
            culprits: finding.convictsOwner ? ["owner"] : [])
    }

    private static func print(_ lineage: Output.Lineage) {
        Console.print("BROKEN    task \(lineage.taskId): \(lineage.finding)")
        for culprit in lineage.culprits { Console.print("  convicted by its own signature: the \(culprit)") }
    }

    private static func print(_ payout: Output.Payout) {
        if let claims = payout.claims, let paid = payout.paid {
            Console.print(
                "PAID      task \(payout.taskId): \(paid) of \(payout.pool), among \(claims) claims by credit")
        }
        if let finding = payout.finding { Console.print("WRONG     task \(payout.taskId): \(finding)") }
    }

    private static func print(_ batch: Output.Batch, scope: String) {
        Console.print("\(batch.verdict.uppercased())  task \(batch.taskId), \(scope): \(batch.count) reports")
        if let result = batch.result, result.count <= 8 { Console.print("  result \(result.joined(separator: ","))") }
        for culprit in batch.culprits {
            Console.print("  convicted by its own signature: the \(culprit)")
        }
        for finding in batch.findings { Console.print("  \(finding)") }
    }
}

extension BatchScope {
    /// A batch as one line begins, `batch ID` or `from … until …`, with the time where the task's precision is known.
    static func line(_ selector: BatchSelector, timePrecision: UInt64?) -> String {
        guard case .interval(let interval) = BatchScope(selector), let timePrecision, let end = interval.end else {
            return text(selector)
        }
        let (start, early) = interval.start.multipliedReportingOverflow(by: timePrecision)
        let (stop, late) = end.multipliedReportingOverflow(by: timePrecision)
        return early || late ? text(selector) : "from \(PeopleTime.text(start)) until \(PeopleTime.text(stop))"
    }

    /// A batch in JSON documents.
    static func text(_ selector: BatchSelector) -> String {
        switch BatchScope(selector) {
        case .interval(let interval): "units \(interval.start) until \(interval.end.map { "\($0)" } ?? "?")"
        case .batch(let id): "batch \(id.base64URL)"
        case nil: "an unreadable batch selector"
        }
    }
}

/// Log policy files on the command line.
enum LogPolicyFile {
    static func read(_ path: String) throws -> LogPolicy {
        do {
            return try LogPolicy(parsing: try UserFile.readUTF8(path, limit: 1 << 20))
        } catch let error as PolicyError {
            throw CommandFailure("\(path) is not a log policy: \(error)")
        }
    }
}
