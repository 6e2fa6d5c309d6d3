import ArgumentParser

/// `cairn task`: tasks are public files that name everything the participants must agree on.
struct TaskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task", abstract: "Create, install, list and show tasks.",
        subcommands: [
            TaskCreateCommand.self, TaskInstallCommand.self, TaskListCommand.self, TaskShowCommand.self,
        ])
}
