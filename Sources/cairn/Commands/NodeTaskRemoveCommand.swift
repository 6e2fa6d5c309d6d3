import AggregatorNode
import ArgumentParser
import Datastore
import Foundation

/// `cairn node task remove`: the operator serves a task no longer. The node may be running.
struct NodeTaskRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "End a task.",
        discussion: """
            From then on the node answers as if it had never known the task. Refused while something is owed: reports that \
            wait, or were accepted and not collected, or promised to the log. What protects from replays stays in the \
            database, so the task may be added again; not so after --discard.
            """)

    struct Output: Encodable {
        let taskId: String
        /// `ended`, or `already` where it had ended before.
        let outcome: String
        let discarded: UInt64
    }

    @OptionGroup var reference: NodeTaskReference
    @Flag(help: "Give up the reports of an uncommitted task that wait or were not collected.") var discard = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let found = try await reference.find(changing: true)
        let id = found.task.id
        let outcome = try await TaskRemoval(store: found.store, task: found.task).run(discarding: discard)
        if json {
            return try JSONOutput.print(
                Output(
                    taskId: id.base64URL, outcome: outcome.already ? "already" : "ended",
                    discarded: outcome.discarded))
        }
        let lost = outcome.discarded > 0 ? ", \(outcome.discarded) reports discarded" : ""
        Console.print(
            "\(outcome.already ? "had ended already" : "ended"): \(found.task.name) \(id.base64URL)\(lost)")
    }
}
