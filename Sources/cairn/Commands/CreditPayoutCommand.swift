import ArgumentParser
import Contributor
import Credit
import Foundation
import Ledger
import Owner

/// `cairn credit payout`: divides a pool among claims, in public.
struct CreditPayoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payout",
        abstract: "Divide a pool among claims of credit, and log how.",
        discussion: """
            Verifies every claim, counts each report once, and gives each claim its part of the pool, in proportion to \
            the least credit that it proves. The table goes into --out and, signed with the owner's key, into the log, where \
            anybody can check the arithmetic and each claimant its row. Claims must be over this task alone; the task must \
            have an owner whose signature is in the log, and the log must have every batch that is claimed without a fault. \
            Where the log could not be reached, the same \
            command again sends the same table; nothing is counted twice.
            """)

    struct Output: Encodable {
        struct Row: Encodable {
            let file: String
            let recipient: String
            let credit: UInt64
            let amount: UInt64
        }

        let claims: Int
        let pool: UInt64
        let paid: UInt64
        let unit: String
        let table: String
        let rows: [Row]
    }

    @OptionGroup var task: TaskReference
    @Argument(help: "The claims.") var files: [String]
    @Option(help: "How much there is to divide, in whole units.") var pool: UInt64
    @Option(help: "What is paid.") var unit = ""
    @Option(help: "The log policy: which log, which witnesses.") var policy: String
    @Option(help: "Who you are: claims for another audience are refused.") var audience: String
    @Option(help: "The purpose that claims must be for.") var purpose: String?
    @Option(help: "The log's URL or folder; where the task file says by default.") var log: String?
    @Option(help: "A file with λ; may be repeated.") var lambda: [String] = []
    @Option(help: "The file of receipts that were counted already; made if it is not there.") var registry: String
    @Option(help: "The owner's key, which the task names.") var ownerKey: String
    @Option(name: .customLong("out"), help: "The file for the table.") var output: String
    @OptionGroup var network: NetworkOptions
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        if unit.utf8.count > 255 { throw ValidationError("--unit is longer than 255 bytes.") }
    }

    func run() async throws {
        let file = try task.load()
        let payout = try Payout(file, key: try OwnerKey.read(ownerKey))
        guard let log = log ?? file.logURL else {
            throw CommandFailure("a payout needs the log of its task", advice: "Give --log.")
        }
        let claims = try files.map { NamedClaim(try CreditClaim(path: $0), named: $0) }
        let logPolicy = try LogPolicyFile.read(policy)
        try await Payout.verify(
            claims,
            at: ClaimDesk(
                verifier: ClaimVerifier(policy: logPolicy, tasks: [file.taskID], audience: audience, purpose: purpose),
                log: Auditor(source: try LogPlace(log).source(.speaking), policy: logPolicy),
                files: try lambda.map(LambdaFile.init(path:))))
        let table = try payout.table(pool: pool, unit: unit, among: claims.map(\.claim))
        try Payout.settle(
            table, claims.map(\.claim), in: ClaimRegistry(path: registry), store: PayoutTableFile(path: output))
        try await payout.publish(table, in: OwnerLog(file, transport: .speaking))
        try report(table, claims)
    }

    private func report(_ table: PayoutTable, _ claims: [NamedClaim]) throws {
        let rows = claims.map { named in
            let row = table.rows.first { $0.claimHash == named.claim.hash }
            return Output.Row(
                file: named.name, recipient: named.claim.context.recipient, credit: row?.credit ?? 0,
                amount: row?.amount ?? 0)
        }
        if json {
            return try JSONOutput.print(
                Output(claims: claims.count, pool: pool, paid: table.paid, unit: unit, table: output, rows: rows))
        }
        for row in rows {
            Console.print("\(row.amount) \(unit)  \(row.recipient)  for credit \(row.credit), \(row.file)")
        }
        Console.print("paid     \(table.paid) of \(pool) \(unit), among \(claims.count) claims; logged")
    }
}

/// The table of a payout in the file of `--out`.
private struct PayoutTableFile: PayoutTableStore {
    let path: String

    func kept() throws -> [UInt8]? {
        FileManager.default.fileExists(atPath: path) ? try UserFile.read(path) : nil
    }

    func keep(_ bytes: [UInt8]) throws { try UserFile.create(path, bytes, isSecret: false) }

    func forget() { try? FileManager.default.removeItem(atPath: path) }
}
