import Foundation
import Testing

/// Every command and option that the program has, as it says itself (`--experimental-dump-help`).
struct CommandTable {
    final class Command {
        let name: String
        var commands: [String: Command] = [:]
        /// With their dashes, and whether they take a value.
        var options: [String: Bool] = [:]
        var takesArguments = false

        init(name: String) { self.name = name }

        /// The paths to everything that can be run.
        var leaves: [[String]] {
            commands.sorted { $0.key < $1.key }.flatMap { name, command in
                command.commands.isEmpty ? [[name]] : command.leaves.map { [name] + $0 }
            }
        }
    }

    let root: Command

    static func load() async throws -> CommandTable {
        let result = try await Cairn.succeed("--experimental-dump-help")
        let document = try JSONDecoder().decode(Document.self, from: Data(result.output.utf8))
        return CommandTable(root: command(document.command))
    }

    /// Every option of every command.
    var options: Set<String> {
        func all(_ command: Command) -> Set<String> {
            command.commands.values.reduce(into: Set(command.options.keys)) { $0.formUnion(all($1)) }
        }
        return all(root)
    }

    /// What is wrong with a command line whose first word is `cairn`; nil where it names commands and options that exist.
    /// Values and arguments are not looked at.
    func complaint(about words: [String]) -> String? {
        var command = root
        var rest = words.dropFirst()
        if rest.first == "help" { rest = rest.dropFirst() }
        while let word = rest.first, let next = command.commands[word] {
            command = next
            rest = rest.dropFirst()
        }
        var isValue = false
        for word in rest {
            if isValue {
                isValue = false
                continue
            }
            if word == "--" { return nil }
            guard word.hasPrefix("--"), word.count > 2 else {
                // COMMAND stands for one.
                if !command.takesArguments, word.first?.isLowercase == true, !command.commands.isEmpty {
                    return "'\(command.name)' has no command '\(word)'"
                }
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1)
            guard let takesValue = command.options[String(parts[0])] else {
                return "'\(command.name)' has no option \(parts[0])"
            }
            isValue = takesValue && parts.count == 1
        }
        return nil
    }

    private static func command(_ document: Document.Command) -> Command {
        let command = Command(name: document.commandName)
        command.options["--help"] = false
        command.options["--version"] = false
        for argument in document.arguments ?? [] {
            if argument.kind == "positional" { command.takesArguments = true }
            for name in argument.names ?? [] where name.kind == "long" {
                command.options["--\(name.name)"] = argument.kind == "option"
            }
        }
        for child in document.subcommands ?? [] { command.commands[child.commandName] = self.command(child) }
        return command
    }

    private struct Document: Decodable {
        struct Command: Decodable {
            let commandName: String
            let subcommands: [Command]?
            let arguments: [Argument]?
        }

        struct Argument: Decodable {
            struct Name: Decodable {
                let kind: String
                let name: String
            }

            let kind: String
            let names: [Name]?
        }

        let command: Command
    }
}
