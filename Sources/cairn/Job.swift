import ArgumentParser

/// What people come to `cairn` for. `cairn` alone shows it, `cairn --help` is ordered by it, and so is the README's table.
struct Job {
    let name: String
    let commands: [any ParsableCommand.Type]
    /// What somebody types first, in order, with what it does.
    let first: [(command: String, what: String)]

    static var all: [Job] {
        [
            Job(
                name: "See it work", commands: [DemoCommand.self],
                first: [("cairn demo", "everything at once, on this machine")]),
            Job(
                name: "Contribute private data",
                commands: [
                    ContributeCommand.self, TaskCommand.self, WalletCommand.self, ReceiptCommand.self,
                    WithdrawCommand.self,
                ],
                first: [
                    ("cairn task show FILE", "what you would take part in"),
                    ("cairn contribute --task FILE --value 7", "add your value"),
                    ("cairn receipt fetch", "get the receipt, some minutes later"),
                ]),
            Job(
                name: "Claim credit, or verify a claim", commands: [CreditCommand.self],
                first: [("cairn credit show", "what your reports earned")]),
            Job(
                name: "Train a model, collect results", commands: [ModelCommand.self, CollectCommand.self],
                first: [
                    ("cairn model create --help", "the model before the first round"),
                    ("cairn task create --help", "one task is one round"),
                ]),
            Job(
                name: "Check everything",
                commands: [AuditCommand.self, PromiseCommand.self, LogCommand.self, VectorsCommand.self],
                first: [
                    ("cairn audit --log URL --policy FILE", "all published results against the log"),
                    ("cairn receipt verify FILE", "a receipt, without any network"),
                ]),
            Job(
                name: "Run an aggregator, or a witness",
                commands: [NodeCommand.self, KeygenCommand.self, WitnessCommand.self],
                first: [
                    ("cairn node init --help", "keys, tokens, configuration in one go"),
                    ("cairn node run --config FILE", "start it"),
                ]),
            Job(
                name: "Measure", commands: [BenchCommand.self],
                first: [("cairn bench vdaf --help", "how fast this machine is")]),
        ]
    }

    /// What `cairn` alone prints, at most 80 columns wide.
    static var page: [String] {
        let width = all.flatMap(\.first).map(\.command.count).max() ?? 0
        var lines = ["Add private data to a shared result, and check everything afterwards.", ""]
        for job in all {
            lines.append(job.name)
            for (command, what) in job.first {
                let gap = String(repeating: " ", count: width - command.count + 2)
                lines.append("  \(command)\(gap)\(what)")
            }
        }
        return lines + ["", "All commands: cairn --help. One of them: cairn help contribute."]
    }
}
