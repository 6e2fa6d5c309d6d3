import ArgumentParser
import Contributor
import Credit
import Owner

/// `cairn credit reveal`: puts λ into the log.
struct CreditRevealCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reveal",
        abstract: "Publish the λ that a task has fixed, so that claims can be made and verified with the log alone.",
        discussion: """
            The leader takes prices at any time, and λ of a validation policy once a batch is closed: contributors who \
            knew it before could farm credit. For the same reason, batches that close afterwards earn nothing.
            """)

    @OptionGroup var task: TaskReference
    @Option(help: "The file with λ that `cairn task create` wrote.") var lambda: String
    @OptionGroup var network: NetworkOptions

    func run() async throws {
        let file = try task.load()
        try await OwnerLog(file, transport: .speaking).reveal(try LambdaFile(path: lambda))
        Console.print("revealed λ of \(file.name)")
    }
}
