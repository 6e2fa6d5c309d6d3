import ArgumentParser
import Contributor
import Credit
import DAP
import Foundation

/// `cairn credit prove`: a claim, in one file.
struct CreditProveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Prove a statement about your credit.",
        discussion: """
            The claim is about the total credit of the named reports, or of all of yours in the closed batches of the \
            named tasks: at least --at-least, or exactly --exactly (which tells more), or between --between LOW..HIGH. It \
            says which reports are yours, and nothing about any of them but this statement. Only the audience should \
            believe it; a registry at the audience counts every report once.
            """)

    struct Output: Encodable {
        let file: String
        let bytes: Int
        let reports: Int
        let statement: String
        let leakedBits: Double
        let seconds: Double
    }

    @OptionGroup var own: OwnCreditOptions
    // Numbers may begin with a dash, too.
    @Option(
        name: .customLong("report"), parsing: .unconditionalSingleValue,
        help: "A report id; may be repeated. All reports of the tasks by default.", transform: ReportArgument.parse)
    var reports: [ReportID] = []
    @Option(parsing: .unconditional, help: "Prove that the total is at least this.") var atLeast: Int64?
    @Option(parsing: .unconditional, help: "Prove that the total is this.") var exactly: Int64?
    @Flag(help: "Prove the exact total, whatever it is.") var exact = false
    @Option(parsing: .unconditional, help: "Prove that the total lies in LOW..HIGH.") var between: String?
    @Option(help: "Who is to believe the claim.") var audience: String
    @Option(help: "What it is for.") var purpose = ""
    @Option(help: "To whom what it earns is due.") var recipient = ""
    @Option(name: .customLong("out"), help: "The claim's file.") var output: String
    @OptionGroup var network: NetworkOptions
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        let kinds = [atLeast != nil, exactly != nil, exact, between != nil].filter { $0 }.count
        guard kinds == 1 else {
            throw ValidationError("Give exactly one of --at-least, --exactly, --exact, --between.")
        }
        if between != nil { _ = try range() }
        if audience.isEmpty { throw ValidationError("--audience must name somebody.") }
    }

    private func range() throws -> ClosedRange<Int64> {
        let parts = (between ?? "").components(separatedBy: "..").map { Int64($0) }
        guard parts.count == 2, let low = parts[0], let high = parts[1], low <= high else {
            throw ValidationError("--between \(between ?? ""): LOW..HIGH is expected, such as -5..100.")
        }
        return low...high
    }

    func run() async throws {
        let batches = try await own.books().flatMap { $0.selecting(Set(reports)) }
        let found = batches.flatMap(\.reports)
        let ids = Set(found.map(\.report.entry.metadata.reportID))
        if let missing = reports.first(where: { !ids.contains($0) }) {
            throw CommandFailure("report \(missing.base64URL) is not yours, or not in a closed batch yet")
        }
        guard !found.isEmpty else { throw CommandFailure("no report of yours is in a closed batch yet") }

        let total = try batches.flatMap { try $0.credits() }.reduce(0, &+)
        let statement: CreditStatement =
            if let atLeast { .atLeast(atLeast) } else if between != nil { .between(try range()) } else {
                .exactly(exactly ?? total)
            }
        let known = try batches.knownRange()
        let leaked = statement.leakedBits(of: known)
        if !json {
            Console.error(
                String(
                    format: "'%@' tells at most %.1f bits about it, which is known to lie in %lld..%lld",
                    statement.description, leaked, known.lowerBound, known.upperBound))
        }
        var generator = SystemRandomNumberGenerator()
        let start = ContinuousClock.now
        let claim = try CreditClaim.make(
            statement, over: batches,
            context: CreditClaim.Context(audience: audience, purpose: purpose, recipient: recipient),
            using: &generator)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let file = claim.encoded()
        try UserFile.create(output, file, isSecret: false)
        if json {
            return try JSONOutput.print(
                Output(
                    file: output, bytes: file.count, reports: found.count, statement: statement.description,
                    leakedBits: leaked, seconds: seconds))
        }
        UserFile.announce(output, "  \(statement), \(found.count) reports, \(file.count) bytes")
        let tasks = Set(batches.map(\.task.taskID.base64URL)).sorted()
        let verify = PrintedCommand("credit", "verify").word(path: output)
        NextStep.tell(
            "give the file to \(audience), who runs",
            tasks.reduce(verify) { $0.option("--task", $1) }.option("--policy", "TASK.policy")
                .option("--audience", audience))
    }
}
