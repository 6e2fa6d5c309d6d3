import AggregatorNode
import ArgumentParser
import DAP
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
        // A stored task that this version cannot read owes its reports all the same, and may be in a log.
        let isCommitted = (try? NodeTask(found.task).isCommitted) ?? true
        if discard, isCommitted {
            throw CommandFailure(
                "--discard is for uncommitted tasks: every report of a committed task has its end in the log",
                advice: "Collect the task, or wait until its promises are kept, and end it then.")
        }
        let outcome: (name: String, discarded: UInt64)
        switch try await found.store.endTask(
            id, mayDiscard: discard, at: UInt64(max(0, Date().timeIntervalSince1970)))
        {
        case .ended(let discarded): outcome = ("ended", discarded)
        case .already: outcome = ("already", 0)
        case .unknown: throw CommandFailure("task \(id.base64URL) is gone")
        case .owed(let burden):
            throw CommandFailure(
                "task \(found.task.name) is still needed: \(Self.text(burden))",
                advice: isCommitted
                    ? "Nothing was changed. Collect what is there first."
                    : "Nothing was changed. Collect what is there first, or give it up with --discard.")
        }
        if json {
            return try JSONOutput.print(
                Output(taskId: id.base64URL, outcome: outcome.name, discarded: outcome.discarded))
        }
        let lost = outcome.discarded > 0 ? ", \(outcome.discarded) reports discarded" : ""
        Console.print(
            "\(outcome.name == "ended" ? "ended" : "had ended already"): \(found.task.name) \(id.base64URL)\(lost)")
    }

    private static func text(_ burden: TaskBurden) -> String {
        var parts: [String] = []
        if burden.waiting > 0 {
            parts.append(
                "\(burden.waiting) reports wait" + (burden.promised > 0 ? ", \(burden.promised) of them promised" : ""))
        }
        if burden.uncollected > 0 { parts.append("\(burden.uncollected) accepted reports are not collected") }
        if burden.collections > 0 { parts.append("\(burden.collections) collections are under way") }
        return parts.joined(separator: ", ")
    }
}
