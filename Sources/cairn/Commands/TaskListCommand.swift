import ArgumentParser
import Contributor
import DAP

/// `cairn task list`: the tasks installed in the contributor's home.
struct TaskListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the tasks installed in $CAIRN_HOME (or ~/.cairn).")

    struct Output: Encodable {
        let tasks: [TaskDescription]
    }

    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        var descriptions: [TaskDescription] = []
        for (name, result) in try ContributorHome.standard().tasks() {
            do {
                descriptions.append(try TaskDescription(try result.get(), installed: name))
            } catch {
                Console.error("cairn: the task file of '\(name)' is skipped: \(CommandFailure.describe(error))")
            }
        }
        if json { return try JSONOutput.print(Output(tasks: descriptions)) }
        if descriptions.isEmpty {
            Console.print(
                "no tasks installed; `cairn task install FILE` installs one, and so do `cairn contribute` and `cairn task create`"
            )
        }
        for task in descriptions {
            Console.print("\(task.name)  \(task.taskId)  \(task.vdaf)")
        }
    }
}

/// `cairn task show`: what a task file says.
struct TaskShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a task.",
        discussion: """
            With --json, task_configuration is the hex of the DAP-18 TaskConfiguration: any DAP-18 client can upload \
            to an uncommitted task with it.
            """)

    @Argument(help: "A task file, the name of an installed task, or a URL.") var task: String
    @OptionGroup var network: NetworkOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let description = try TaskDescription(try await TaskSource.load(task, home: .standard()))
        if json { return try JSONOutput.print(description) }
        for line in description.lines { Console.print(line) }
    }
}
