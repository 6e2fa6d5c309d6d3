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

            A claim holds at most \(CreditClaim.mostItems) reports. More make several claims, FILE-1, FILE-2 and so on, \
            which the audience verifies one by one and adds up: --at-least is divided by their numbers of reports, and of \
            exact totals each claim tells its own. --between cannot be divided; name fewer reports with --report.
            """)

    struct Output: Encodable {
        let file: String
        let bytes: Int
        let reports: Int
        let statement: String
        let leakedBits: Double
        let seconds: Double
        /// One, or several where one does not hold all reports.
        let claims: [Claim]
    }

    struct Claim: Encodable {
        let file: String
        let bytes: Int
        let reports: Int
        let statement: String
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

        let plan = try ClaimPlan(try wish(), over: batches)
        let paths = plan.parts.count == 1 ? [output] : (1...plan.parts.count).map { "\(output)-\($0)" }
        for path in paths { try UserFile.requireAbsent(path) }
        if !json { tell(plan) }

        let start = ContinuousClock.now
        let claims = try zip(plan.parts, paths).map { part, path in try prove(part, to: path) }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        if json {
            return try JSONOutput.print(
                Output(
                    file: claims[0].file, bytes: claims.reduce(0) { $0 + $1.bytes }, reports: found.count,
                    statement: plan.statement.description, leakedBits: plan.leakedBits, seconds: seconds,
                    claims: claims))
        }
        for claim in claims {
            UserFile.announce(claim.file, "  \(claim.statement), \(claim.reports) reports, \(claim.bytes) bytes")
        }
        let tasks = Set(batches.map(\.task.taskID.base64URL)).sorted()
        for (index, path) in paths.enumerated() {
            let verify = tasks.reduce(PrintedCommand("credit", "verify").word(path: path)) { $0.option("--task", $1) }
                .option("--policy", "TASK.policy").option("--audience", audience)
            NextStep.tell(
                index == 0 ? "give \(paths.count == 1 ? "the file" : "the files") to \(audience), who runs" : "and",
                paths.count == 1 ? verify : verify.option("--registry", "COUNTED"))
        }
    }

    private func wish() throws -> ClaimPlan.Wish {
        if let atLeast { return .atLeast(atLeast) }
        if between != nil { return .between(try range()) }
        return exactly.map { .exactly($0) } ?? .exact
    }

    private func tell(_ plan: ClaimPlan) {
        Console.error(
            String(
                format: "'%@' tells at most %.1f bits about it, which is known to lie in %lld..%lld",
                plan.statement.description, plan.leakedBits, plan.known.lowerBound, plan.known.upperBound))
        guard plan.parts.count > 1 else { return }
        Console.error(
            "cairn: a claim holds \(CreditClaim.mostItems) reports, so there are \(plan.parts.count) claims, which add up. "
                + "Their audience verifies each, with one --registry.")
    }

    private func prove(_ part: ClaimPlan.Part, to path: String) throws -> Claim {
        let file = try ClaimPlan.file(
            of: part, context: CreditClaim.Context(audience: audience, purpose: purpose, recipient: recipient))
        try UserFile.create(path, file, isSecret: false)
        return Claim(
            file: path, bytes: file.count, reports: part.reports, statement: part.statement.description)
    }
}
