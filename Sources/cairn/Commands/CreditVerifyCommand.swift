import ArgumentParser
import Contributor
import Credit
import Foundation
import Ledger
import TransparencyLog

/// `cairn credit verify`: what an audience does with a claim.
struct CreditVerifyCommand: AsyncParsableCommand, Judging {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify a claim of credit.",
        discussion: """
            Needs the claim, the tasks that you give credit for and their log policy, and λ: of an alignment policy from the batch's published result in --log, of \
            the others from the log if it was published there, or from --lambda. With --registry every report is \
            counted once: a claim over a report that an earlier claim counted is refused. A claim brings its tasks along, and \
            anybody can make up a task: accept only those whose author you know. With --log the log must have the task, \
            signed by the owner whom it names, and the claim's batches without a fault; without it, that both aggregators \
            signed them is all there is. The exit code is 0 for a valid \
            claim, 1 for one that is refused, 2 where λ or something else that it takes to judge is missing.
            """)

    struct Output: Encodable {
        let valid: Bool
        /// The check that failed, and why.
        let check: String?
        let reason: String?
        let statement: String
        let audience: String
        let purpose: String
        let recipient: String
        let policy: String?
        let tasks: [String]
        let reports: Int
        /// With --registry: whether these reports were counted now, or by this very claim before.
        let counted: Bool?
        let seconds: Double
    }

    @Argument(help: "The claim.") var file: String
    @OptionGroup var tasks: AcceptedTasks
    @Option(help: "The log policy: which log, which witnesses.") var policy: String
    @Option(help: "Who you are: claims for another audience are refused.") var audience: String
    @Option(help: "The purpose that it must be for.") var purpose: String?
    @Option(help: "The recipient that it must name.") var recipient: String?
    @Option(help: "The log's URL or folder.") var log: String?
    @Option(help: "A file with λ; may be repeated.") var lambda: [String] = []
    @Option(help: "The file of receipts that were counted already; made if it is not there.") var registry: String?
    @OptionGroup var network: NetworkOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let accepted = try tasks.ids()
        let logPolicy = try LogPolicyFile.read(policy)
        let claim = try CreditClaim(path: file)
        var desk = ClaimDesk(
            verifier: ClaimVerifier(
                policy: logPolicy, tasks: accepted, audience: audience, purpose: purpose, recipient: recipient),
            log: try log.map { Auditor(source: try LogPlace($0).source(.speaking), policy: logPolicy) },
            files: try lambda.map(LambdaFile.init(path:)))
        let start = ContinuousClock.now
        var evidence: ClaimEvidence?
        var counted: Bool?
        var failure: CreditError?
        do {
            let (found, checked) = try await desk.check(claim)
            evidence = found
            try desk.verifier.verify(checked)
            if let registry {
                counted = try ClaimRegistry(path: registry).count([claim]) == [.counted]
            }
        } catch let error as CreditError {
            failure = error
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        try report(claim, evidence, counted, failure, seconds: seconds)
        if failure != nil { throw ExitStatus.no.code }
    }

    private func report(
        _ claim: CreditClaim, _ evidence: ClaimEvidence?, _ counted: Bool?, _ failure: CreditError?, seconds: Double
    ) throws {
        var check: String?
        if case .refused(let name, _) = failure { check = name.rawValue }
        if json {
            return try JSONOutput.print(
                Output(
                    valid: failure == nil, check: check, reason: failure?.description,
                    statement: claim.statement.description, audience: claim.context.audience,
                    purpose: claim.context.purpose, recipient: claim.context.recipient,
                    policy: evidence.map { "\($0.kind)" },
                    tasks: evidence?.batches.map { $0.task.taskID.base64URL } ?? [], reports: claim.items.count,
                    counted: counted, seconds: seconds))
        }
        if let failure { return Console.print("REFUSED  \(failure)") }
        Console.print("VALID    \(claim.statement), over \(claim.items.count) reports")
        Console.print(
            "for      \(claim.context.audience)\(claim.context.purpose.isEmpty ? "" : ", \(claim.context.purpose)")")
        if !claim.context.recipient.isEmpty { Console.print("due to   \(claim.context.recipient)") }
        for batch in evidence?.batches ?? [] {
            let scope = BatchScope.line(
                batch.terms.selector, timePrecision: batch.task.configuration.timePrecision)
            Console.print("over     \(scope), task \(batch.task.taskID.base64URL)")
        }
        if counted == false { Console.print("counted  before; it is the same claim") }
    }
}
