import AggregatorNode
import ArgumentParser
import Contributor
import Foundation
import InputFiles

/// The `cairn` command: one word per thing that a contributor, a model owner, an operator or an auditor does.
///
/// Each subcommand is a file in `Commands/`. They parse arguments, call the libraries and print; what they print on
/// standard output can be piped, everything else (progress, errors) goes to standard error.
@main
struct Cairn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cairn",
        abstract: "Add private data to a shared result, and check everything afterwards.",
        discussion: """
            Two aggregator nodes add up contributions that neither of them can read. A public log records what was \
            accepted, so anyone can check the result, and each contributor holds a receipt.

            Start with `cairn demo`: it runs the whole system on this machine.
            """,
        version: Node.softwareVersion,
        groupedSubcommands: Job.all.map { CommandGroup(name: $0.name, subcommands: $0.commands) })

    static func main() async {
        StandardOutput.holdStandardStreams()
        // A reader that has gone away is noticed where it matters, and does not end the process in the middle of its work.
        signal(SIGPIPE, SIG_IGN)
        // Nor does a file that must not grow any more (`ulimit -f`): the write fails, and that is said.
        signal(SIGXFSZ, SIG_IGN)
        let arguments = CommandLine.arguments.dropFirst().map { HomeFolder.expand(argument: $0) }
        if arguments.isEmpty {
            for line in Job.page { Console.print(line) }
            Foundation.exit(StandardOutput.shared.finish() ?? ExitStatus.done.rawValue)
        }
        if let unknown = UnknownCommand(arguments, of: Cairn.self) { CommandFailure.exit(unknown) }
        var command: any ParsableCommand
        do {
            command = try parseAsRoot(NegativeValues.joined(arguments))
        } catch {
            CommandFailure.exit(parsing: error)
        }
        do {
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            CommandFailure.exit(running: error, of: command)
        }
        if let code = StandardOutput.shared.finish() { Foundation.exit(code) }
    }
}
