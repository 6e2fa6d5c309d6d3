import ArgumentParser
import Contributor
import DAP

/// `cairn collect`: the collector asks for a batch's result.
struct CollectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collect",
        abstract: "Collect a result.",
        discussion: """
            Time-interval tasks need --interval START..END, in seconds or RFC 3339, on whole units of the task's time \
            precision; END is not included. A leader-selected task hands out its next batch.

            The result is what the reports add up to, coordinate by coordinate. --average divides it by their number, \
            which is the only difference between a task made with --vdaf average and one with --vdaf sum.
            """)

    struct Output: Encodable {
        let taskId: String
        let count: UInt64
        /// Decimal strings: sums may exceed what JSON readers keep exact.
        let result: [String]
        /// With --average: the sums divided by the number of reports.
        let average: [Double]?
        let start: String?
        let end: String?
    }

    @OptionGroup var task: TaskReference
    @Option(help: "The collector's private key (cairn keygen hpke).") var hpkeKey: String
    @Option(help: "File with the bearer token that the leader expects.") var token: String
    @Option(help: "START..END of a time-interval batch.") var interval: IntervalArgument?
    @Flag(help: "Print averages: the sums divided by the number of reports.") var average = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let file = try task.load()
        let collector = try Collector(
            task: file, keyPair: try CollectorKey.readPrivate(hpkeKey), token: try UserFile.readLine(token))
        let outcome = try await collector.collect(try query(file.configuration)) {
            Spinner.shared.turn("waiting for the aggregators")
        }
        Spinner.shared.finish()
        let averages = average ? outcome.value.averages(over: outcome.count) : nil
        let start = file.configuration.seconds(of: outcome.interval.start).map(TimeArgument.text)
        let end = outcome.interval.end.flatMap { file.configuration.seconds(of: $0) }.map(TimeArgument.text)
        if json {
            return try JSONOutput.print(
                Output(
                    taskId: file.taskID.base64URL, count: outcome.count, result: outcome.value.decimals,
                    average: averages, start: start, end: end))
        }
        Console.print((averages?.map { "\($0)" } ?? outcome.value.decimals).joined(separator: ","))
        Console.error("\(outcome.count) reports from \(start ?? "?") until \(end ?? "?")")
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

extension AggregateValue {
    private var sums: [UInt128] {
        switch self {
        case .integer(let value): [value]
        case .vector(let values): values
        }
    }

    /// All sums in decimal.
    var decimals: [String] { sums.map { String($0) } }

    /// Each sum divided by the number of reports, rounded as `Double` rounds; a batch has at least one report.
    func averages(over count: UInt64) -> [Double] { sums.map { Double($0) / Double(count) } }
}
