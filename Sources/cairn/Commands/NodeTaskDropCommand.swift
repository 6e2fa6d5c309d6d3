import AggregatorNode
import ArgumentParser
import DAP
import Datastore

/// `cairn node task drop`: the operator of a leader gives one aggregation job up that the helper never answers. The node
/// may be running.
struct NodeTaskDropCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Give up one aggregation job of an uncommitted task.",
        discussion: """
            A leader sends an aggregation job again until the helper answers it, and no batch with one of its reports is \
            collected before. Where the helper fails for one job for ever, this ends its reports as report_dropped, and \
            leaves the rest of the task as it is. `cairn node task show` lists the jobs with their numbers.

            Ask the helper's operator first: a helper that has accepted the reports holds more than the leader from then on. \
            A node of Cairn compares the batch and drops them as well; any other refuses the batch (batchMismatch), and the \
            collector has to ask for intervals without them.
            """)

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
        let id = found.task.id
        guard let task = try? NodeTask(found.task), !task.isCommitted else {
            throw CommandFailure(
                "jobs are given up in uncommitted tasks only: every report of a committed task has its end in the log",
                advice: "The leader gives the reports up by itself an hour before its promise ends.")
        }
        guard let pending = try await found.store.pendingJob(job), pending.task == id else {
            let show = PrintedCommand("node", "task", "show").option("--config", reference.config)
            throw CommandFailure(
                "task \(found.task.name) has no waiting job \(job)",
                advice: "See them: \(show.adding(id: id.base64URL).text)")
        }
        guard pending.progress.attempts > 0 else {
            throw CommandFailure(
                "job \(job) was formed a moment ago and has not failed",
                advice: "Wait until `cairn node task show` says how often it was tried.")
        }
        let reports = try await found.store.reports(ofJob: job).map(\.reportID)
        guard
            try await found.store.finishJob(
                job, outcomes: reports.map { ($0, .rejected(.reportDropped, logEntry: nil)) }, vdaf: task.vdaf)
        else { throw CommandFailure("job \(job) has ended by itself meanwhile; nothing was dropped") }
        if json { return try JSONOutput.print(Output(taskId: id.base64URL, job: job, dropped: reports.count)) }
        Console.print("dropped: job \(job) of \(found.task.name), \(reports.count) reports")
    }
}
