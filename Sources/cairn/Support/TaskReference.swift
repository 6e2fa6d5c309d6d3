import ArgumentParser
import Contributor
import DAP

/// `--task FILE|NAME`, shared by all commands that work on one task.
struct TaskReference: ParsableArguments {
    @Option(name: .customLong("task"), help: "A task file, or the name of an installed task.") var name: String

    func load() throws -> TaskFile { try ContributorHome.standard().task(name) }
}
