import AggregatorNode
import ArgumentParser

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
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.isEmpty {
            for line in Job.page { Console.print(line) }
            return
        }
        if let unknown = UnknownCommand(arguments, of: Cairn.self) { CommandFailure.exit(unknown) }
        var command: any ParsableCommand
        do {
            command = try parseAsRoot(NegativeValues.joined(Array(CommandLine.arguments.dropFirst())))
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
    }
}
