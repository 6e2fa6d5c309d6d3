import AggregatorNode
import ArgumentParser
import Datastore

/// `cairn node task drop`: the former name of `cairn node jobs abandon`, for scripts.
struct NodeTaskDropCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Give up one aggregation job of an uncommitted task: `cairn node jobs abandon`, which names no task.",
        shouldDisplay: false)

    struct Output: Encodable {
        let taskId: String
        let job: Int64
        let dropped: Int
    }

    @OptionGroup var reference: NodeTaskReference
    @Option(help: "The job's number.") var job: Int64
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let found = try await reference.find(changing: true)
        guard let pending = try await found.store.jobOverview(job), pending.task == found.task.id else {
            let list = PrintedCommand("node", "jobs", "list").option("--config", reference.config)
            throw CommandFailure(
                "task \(found.task.name) has no waiting job \(job)", advice: "See them: \(list.text)")
        }
        let ending = JobAbandonment(store: found.store, task: found.task, job: pending)
        let dropped = try await ending.run()
        let id = found.task.id
        if json { return try JSONOutput.print(Output(taskId: id.base64URL, job: job, dropped: dropped)) }
        Console.print("dropped: job \(job) of \(found.task.name), \(dropped) reports\(ending.interruption)")
    }
}
