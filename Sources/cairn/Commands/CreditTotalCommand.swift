import ArgumentParser
import Contributor
import Credit
import Ledger
import TransparencyLog

/// `cairn credit total`: what the credits of a batch add up to, which everybody may know.
struct CreditTotalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "total",
        abstract: "Show what the credits of each closed batch add up to.",
        discussion: """
            Needs no secret: the sum follows from the published result, which is audited first, and λ. So whoever is told \
            claims can see what part of the batch they are.
            """)

    struct Output: Encodable {
        struct Batch: Encodable {
            let batch: String
            let reports: UInt64
            /// Decimal; nil where it is not known.
            let total: String?
            /// Why not.
            let reason: String?
        }

        let taskId: String
        let policy: String
        let batches: [Batch]
    }

    @OptionGroup var task: TaskReference
    @Option(help: "The log's URL or folder; where the task file says by default.") var log: String?
    @Option(help: "A file with λ; may be repeated.") var lambda: [String] = []
    @OptionGroup var network: NetworkOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let file = try task.load()
        let task = try file.configuration.validated()
        guard let kind = task.cairn?.creditPolicy?.kind, kind != .none else {
            throw CommandFailure("the task \(file.name) gives no credit")
        }
        var finder = LambdaFinder(
            files: try lambda.map(LambdaFile.init(path:)), log: try file.auditor(at: log, transport: .speaking))
        var batches: [Output.Batch] = []
        for batch in try await finder.closedBatches(of: task.taskID) {
            var total: String?
            var reason: String?
            do {
                total = "\(try await finder.total(of: batch, task: task))"
            } catch {
                reason = "\(error)"
            }
            batches.append(
                Output.Batch(
                    batch: BatchScope.text(batch.terms.selector), reports: batch.terms.count, total: total,
                    reason: reason))
        }
        if json {
            return try JSONOutput.print(
                Output(taskId: file.taskID.base64URL, policy: "\(kind)", batches: batches))
        }
        if batches.isEmpty { Console.print("no batch is closed yet") }
        for batch in batches {
            Console.print(
                "\(batch.batch): \(batch.reports) reports, credit \(batch.total ?? "not known: \(batch.reason ?? "")")")
        }
    }
}
