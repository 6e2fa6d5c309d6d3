import ArgumentParser
import Contributor
import DAP
import Tasks

/// `--task FILE|NAME`, shared by all commands that work on one task.
struct TaskReference: ParsableArguments {
    @Option(name: .customLong("task"), help: "A task file, or the name or id of an installed task.") var name: String

    func load() throws -> TaskFile {
        guard !TaskAddress.isURL(name) else {
            throw CommandFailure.usage(
                "--task takes a file or the name of an installed task here, and no URL",
                advice: "Install the task first: \(PrintedCommand("task", "install").word(path: name).text)")
        }
        return try ContributorHome.standard().task(name)
    }
}

/// `--task FILE|NAME|URL`, of the commands with which somebody meets a task.
struct NewTaskReference: ParsableArguments {
    @Option(
        name: .customLong("task"),
        help: "A task file, the name or id of an installed task, or a URL (see `cairn help task install`).")
    var name: String

    func load() async throws -> TaskFile { try await TaskSource.load(name, home: .standard()) }
}

/// `--task ID|FILE|NAME`, at least once: the tasks that a verifier accepts claims of.
struct AcceptedTasks: ParsableArguments {
    // An id may begin with a dash.
    @Option(
        name: .customLong("task"), parsing: .unconditionalSingleValue,
        help: """
            A task to accept claims of: its id (43 characters), a task file, or the name of an installed task; may be \
            repeated.
            """)
    var names: [String]

    func ids() throws -> Set<TaskID> {
        let home = try ContributorHome.standard()
        return Set(
            try names.map { name in
                if let id = TaskID(base64URL: name) { return id }
                let file = try home.task(name)
                // Whoever wrote it may have made the task up; whoever knows its id from elsewhere can say that.
                guard !file.lacksOwnerSignature else {
                    throw CommandFailure(
                        "\(name): the task names an owner who has not signed it, as files of older versions do",
                        advice: "If you know the task, give its id.")
                }
                return file.taskID
            })
    }
}
