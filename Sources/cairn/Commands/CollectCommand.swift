import ArgumentParser
import Contributor
import DAP
import Owner
import Tasks
import TensorFiles

/// `cairn collect`: the collector asks for a batch's result.
struct CollectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collect",
        abstract: "Collect a result.",
        discussion: """
            Time-interval tasks need --interval START..END, in seconds or RFC 3339, on whole units of the task's time \
            precision; END is not included. A leader-selected task hands out a batch, the same one \
            again until --next asks for another.

            The result is what the reports add up to, coordinate by coordinate. --average divides it by their number, \
            which is the only difference between a task made with --vdaf average and one with --vdaf sum. --out writes \
            the numbers into a .npy or .safetensors file, in double precision. A .safetensors file has the names and shapes of \
            the task's model, where it has one (as `cairn model export` writes them), or those of the file that --like \
            names, such as an update.

            While the leader waits for something, what it waits for is written to standard error.

            The result of a committed task is held against its log: the two shares must be those that the aggregators \
            signed for a batch that passes the public check, and the number of reports that batch's. A result that the log \
            contradicts is an error, and nothing is written. Where the log cannot be read, this is said.
            """)

    struct Output: Encodable {
        let taskId: String
        let count: UInt64
        /// Decimal strings: sums may exceed what JSON readers keep exact.
        let result: [String]
        /// For vectors of real numbers: `result` times the task's unit.
        let values: [Double]?
        /// With --average: the sums divided by the number of reports.
        let average: [Double]?
        let start: String?
        let end: String?
        /// The leader's counters over the whole task; null where they could not be had.
        let received: Int?
        let pending: Int?
        let accepted: Int?
        /// Of a training round: the run, and the number of the round.
        let runId: String?
        let round: UInt32?
        /// Whether the log proves this result.
        let audited: Bool
        /// Why it does not, or that it does.
        let audit: String
    }

    @OptionGroup var task: TaskReference
    @Option(help: "The collector's private key (cairn keygen hpke).") var hpkeKey: String
    @Option(help: "File with the bearer token that the leader expects.") var token: String
    @Option(help: "START..END of a time-interval batch.") var interval: IntervalArgument?
    @Option(name: .customLong("out"), help: "A .npy or .safetensors file for the numbers.") var output: String?
    @Option(help: "A .npy or .safetensors file whose names and shapes --out gets.") var like: String?
    @Flag(help: "Let the leader select the batch after the one that was collected.") var next = false
    @Flag(help: "Print averages: the sums divided by the number of reports.") var average = false
    @OptionGroup var network: NetworkOptions
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        if like != nil, output == nil { throw ValidationError("--like goes with --out.") }
    }

    func run() async throws {
        let file = try task.load()
        let format = try output.map { path in
            do throws(TensorFileError) { return try TensorFormat(path: path) } catch {
                throw CommandFailure.usage("\(path): \(error)")
            }
        }
        if let output { try UserFile.requireAbsent(output) }
        if next, file.configuration.batchMode != .leaderSelected {
            throw CommandFailure.usage("--next is for tasks whose batches the leader selects")
        }
        let log = OwnerLog(file, transport: .speaking)
        let names = try await names(in: log, format: format)
        let collector = try Collector(
            task: file, keyPair: try CollectorKey.readPrivate(hpkeKey), token: try TokenFile.read(token),
            transport: .speaking)
        let query = try query(file.configuration)
        let progress = try CollectionProgress(task: file)
        let outcome: CollectionOutcome
        do {
            let tell: @Sendable (String) -> Void = { Console.error("cairn: \($0)") }
            outcome = try await progress.during(notice: tell) { note in
                try await collector.collect(query, next: next, deadline: NetworkOptions.timeout ?? .seconds(600)) {
                    note($0)
                    Spinner.shared.turn("waiting for the aggregators")
                }
            }
            Spinner.shared.finish()
        } catch {
            Spinner.shared.finish()
            if let status = await progress.status() { Console.error("cairn: the leader has \(status.words)") }
            throw error
        }
        let standing = try await outcome.standing(in: log, query: query)
        let vdaf = try file.configuration.vdaf
        let numbers = outcome.value.numbers(vdaf)
        let averages = average ? numbers.map { $0 / Double(outcome.count) } : nil
        if let output, let format {
            let tensors = try names.file(averages ?? numbers, name: average ? "average" : "sum")
            try UserFile.create(output, try tensors.encoded(as: format, precision: .double), isSecret: false)
        }
        let start = file.configuration.seconds(of: outcome.interval.start).map(TimeArgument.text)
        let end = outcome.interval.end.flatMap { file.configuration.seconds(of: $0) }.map(TimeArgument.text)
        if json {
            let status = await progress.status()
            return try JSONOutput.print(
                Output(
                    taskId: file.taskID.base64URL, count: outcome.count, result: outcome.value.decimals,
                    values: vdaf.isSigned ? numbers : nil,
                    average: averages, start: start, end: end, received: status?.received,
                    pending: status?.pending, accepted: status?.accepted,
                    runId: file.configuration.trainingRound?.runName, round: file.configuration.trainingRound?.number,
                    audited: standing.isProved, audit: standing.words))
        }
        let texts = averages.map { $0.map { "\($0)" } }
        if output == nil {
            Console.print(
                (texts ?? (vdaf.isSigned ? numbers.map { "\($0)" } : outcome.value.decimals)).joined(separator: ","))
        }
        let from = start.map { TimeArgument.forPeople($0) } ?? "?"
        let until = end.map { TimeArgument.forPeople($0) } ?? "?"
        Console.error("\(outcome.count) reports from \(from) until \(until)")
        if let round = file.configuration.trainingRound {
            Console.error("round \(round.number) of run \(round.runName)")
        }
        Console.error("\(standing.isProved ? "audited" : "NOT audited"): \(standing.words)")
        if file.logPolicy != nil { NextStep.tell("anybody can check it", file.auditCommand) }
    }

    /// Names and shapes for `--out`, found out before anything is collected.
    private func names(in log: OwnerLog, format: TensorFormat?) async throws -> ResultTensors {
        if let like { return try .like(try UpdateFile(like).tensors, named: like, for: log.file) }
        return format == .safetensors ? try await .ofModel(in: log) : .flat
    }

    private func query(_ configuration: TaskConfiguration) throws -> Query {
        switch configuration.batchMode {
        case .timeInterval:
            guard let interval else {
                throw CommandFailure.usage("the task is a time-interval task", advice: "Give --interval START..END.")
            }
            return .timeInterval(try interval.interval(precision: configuration.timePrecision))
        case .leaderSelected:
            guard interval == nil else {
                throw CommandFailure.usage("the leader selects this task's batches", advice: "Leave out --interval.")
            }
            return .leaderSelected
        }
    }
}
