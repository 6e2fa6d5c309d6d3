import ArgumentParser
import Contributor
import Credit
import DAP
import Ledger

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
        let task = try file.configuration.validated()
        let lambdaFile = try LambdaFile.read(lambda)
        guard lambdaFile.weights(for: task) != nil else {
            throw CommandFailure("\(lambda) is not the λ that the task '\(file.name)' has fixed")
        }
        let bytes = CreditWeights.encode(lambdaFile.lambda)
        let entry = RevealEntry(taskID: file.taskID, lambda: bytes, salt: lambdaFile.saltBytes ?? [])
        try await file.log(.reveal(entry), blob: bytes)
        Console.print("revealed λ of \(file.name)")
    }
}
