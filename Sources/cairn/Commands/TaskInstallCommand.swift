import ArgumentParser
import Contributor
import Tasks

/// `cairn task install`: a task file from a file or a URL gets a name.
struct TaskInstallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Install a task, so that other commands take its name.",
        discussion: """
            The task comes from a file, or from a URL that says which task it has to be: \
            https://leader.example.org/cairn/tasks/ID, as every leader serves the tasks that were added to it, or any URL \
            with #ID behind it. What the URL serves must have that id, which is a hash of everything that the task's \
            parties agreed on.

            It is kept in $CAIRN_HOME/tasks (or ~/.cairn/tasks). A name that another task has is refused; --name gives \
            this one another name on this machine.
            """)

    struct Output: Encodable {
        let name: String
        let taskId: String
        let path: String
    }

    @Argument(help: "A task file, or a URL.") var task: String
    @Option(help: "The name to install it under; the task's own by default.") var name: String?
    @OptionGroup var network: NetworkOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let home = try ContributorHome.standard()
        let file = try await TaskSource.load(task, home: home)
        let name = name ?? file.name
        guard home.isFree(name, for: file.taskID) else {
            throw CommandFailure(
                "another task named '\(name)' is installed, and is not replaced",
                advice: "Give this one another name: "
                    + PrintedCommand("task", "install").word(path: task).option("--name", "\(file.name)-2").text)
        }
        let path = try home.install(file, as: name)
        if json { return try JSONOutput.print(Output(name: name, taskId: file.taskID.base64URL, path: path)) }
        Console.print("\(name)  \(file.taskID.base64URL)")
        WeakPromises.tell(try file.weaknesses())
        NextStep.tell("contribute", PrintedCommand("contribute").option("--task", name).option("--value", "VALUE"))
    }
}

/// A task that an argument names: a file, an installed task, or a URL.
enum TaskSource {
    static func load(_ argument: String, home: ContributorHome) async throws -> TaskFile {
        guard TaskAddress.isURL(argument) else { return try home.task(argument) }
        return try await TaskAddress(argument).fetch(transport: .speaking)
    }
}
