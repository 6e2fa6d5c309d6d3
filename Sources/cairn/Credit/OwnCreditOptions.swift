import ArgumentParser
import Contributor
import Credit
import DAP

/// Options of the commands that look up one's own credit.
struct OwnCreditOptions: ParsableArguments {
    @Option(name: .customLong("task"), help: "A task file, or the name of an installed task; may be repeated.")
    var tasks: [String]
    @Option(help: "The log's URL or folder; where the task file says by default.") var log: String?
    @Option(help: "A file with λ; may be repeated.") var lambda: [String] = []

    /// What the contributor has in each of the tasks, in order.
    func books() async throws -> [CreditBook] {
        let files = try lambda.map(LambdaFile.init(path:))
        let access = try WalletAccess.open()
        var books: [CreditBook] = []
        var seen: Set<TaskID> = []
        for name in tasks {
            let file = try access.home.task(name)
            guard seen.insert(file.taskID).inserted else { continue }
            books.append(
                try await CreditBook.open(
                    file, log: try file.auditor(at: log, transport: .speaking), files: files, seed: access.wallet.seed,
                    openings: try access.wallet.openings(of: file.taskID)))
        }
        return books
    }
}
