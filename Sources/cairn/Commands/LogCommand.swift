import ArgumentParser

/// `cairn log`: the log as a set of files, whatever its entries say.
struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Check a log's files.", subcommands: [LogFsckCommand.self])
}
