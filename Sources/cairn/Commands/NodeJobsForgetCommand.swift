import AggregatorNode
import ArgumentParser
import DAP
import Datastore

/// `cairn node jobs forget`. The node may be running.
struct NodeJobsForgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Forget one aggregation job that a helper has stored and not verified.",
        discussion: """
            For a job that ends the process whenever it is verified, or holds up all others. None of its reports is accepted, \
            also where it is being verified at that moment. Its leader hears that there is no such job, and sends the same \
            job again for as long as it wants it: so nothing is lost, and nothing is counted twice. Whoever wants it gone for \
            good asks the leader's operator to abandon it.
            """)

    struct Output: Encodable {
        let taskId: String
        let job: String
        let reports: Int
        /// Whether it was being verified at that moment, which came to nothing.
        let interrupted: Bool
    }

    @Option(help: "The helper's configuration file.") var config: String
    @Argument(help: "The job's name, as `cairn node jobs list` says it.") var job: String
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let configuration = try NodeConfiguration.load(path: config)
        let store = try await configuration.openNewestDatabase(mustExist: true, notice: Console.notice)
        let found = try await store.waitingHelperJobs().first { $0.id.base64URL == job }
        guard let found, try await store.forgetHelperJob(found.task, found.id) else {
            throw CommandFailure(
                "this node has no stored job \(job) that waits to be verified",
                advice: "See them: \(PrintedCommand("node", "jobs", "list").option("--config", config).text)")
        }
        let isInterrupted = found.wait == .worker
        let task = found.task.base64URL
        if json {
            return try JSONOutput.print(
                Output(taskId: task, job: job, reports: found.reports, interrupted: isInterrupted))
        }
        let name = try await NodeTaskNames(store)[task]
        let verifying = isInterrupted ? "; it was being verified, which comes to nothing" : ""
        Console.print("forgotten: job \(job) of \(name), \(found.reports) reports\(verifying)")
    }
}
