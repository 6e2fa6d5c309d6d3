import ArgumentParser
import Contributor
import Credit
import DAP
import Foundation
import Ledger

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
        let owner = try OwnerKey.read(ownerKey)
        guard let key = file.configuration.cairn?.ownerKey, key == Array(owner.publicKey.rawRepresentation) else {
            throw CommandFailure("\(ownerKey) is not the key of the owner of the task '\(file.name)'")
        }
        guard let log = log ?? file.logURL else {
            throw CommandFailure("a payout needs the log of its task", advice: "Give --log.")
        }
        let claims = try files.map(ClaimDesk.read)
        try await verify(claims, of: file.taskID, log: log)
        let shares = claims.map { claim in
            PayoutTable.Share(
                claimHash: claim.hash, credit: UInt64(max(0, claim.statement.bounds.lowerBound)),
                recipient: Array(claim.context.recipient.utf8))
        }
        guard
            let table = PayoutTable(taskID: file.taskID, pool: pool, unit: Array(unit.utf8), shares: shares)
        else { throw CommandFailure("a claim is there twice") }
        guard shares.contains(where: { $0.credit > 0 }) else {
            throw CommandFailure("no claim proves any credit, so nothing can be divided")
        }
        guard table.paid > 0 else { throw CommandFailure("the pool is too small to be divided in whole units") }
        try record(table, claims)
        let entry = try PayoutEntry(table: table, owner: owner)
        try await file.log(.payout(entry), blob: table.encoded())
        let rows = zip(files, claims).map { path, claim in
            let row = table.rows.first { $0.claimHash == claim.hash }
            return Output.Row(
                file: path, recipient: claim.context.recipient, credit: row?.credit ?? 0, amount: row?.amount ?? 0)
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

    /// Only claims over this task: another one may count in other units, whoever its owner is.
    private func verify(_ claims: [CreditClaim], of task: TaskID, log: String) async throws {
        let logPolicy = try LogPolicyFile.read(policy)
        var desk = try ClaimDesk(
            verifier: ClaimVerifier(policy: logPolicy, tasks: [task], audience: audience, purpose: purpose),
            policy: logPolicy, log: log, lambda: lambda)
        var checked: [ClaimVerifier.Checked] = []
        for (path, claim) in zip(files, claims) {
            do {
                checked.append(try await desk.check(claim).1)
            } catch let error as CreditError {
                throw CommandFailure("\(path): \(error)")
            }
        }
        for (path, verdict) in zip(files, desk.verifier.verify(checked)) {
            if case .failure(let error) = verdict { throw CommandFailure("\(path): \(error)") }
        }
    }

    /// The table is on disk before a receipt is counted, so that a payout that was interrupted can be finished.
    private func record(_ table: PayoutTable, _ claims: [CreditClaim]) throws {
        let bytes = table.encoded()
        let isThere = FileManager.default.fileExists(atPath: output)
        if isThere {
            guard try UserFile.read(output) == bytes else {
                throw CommandFailure("\(output) is another payout's table", advice: "Name another file with --out.")
            }
        } else {
            try UserFile.create(output, bytes, isSecret: false)
        }
        do {
            _ = try ClaimRegistry(path: registry).count(claims, knownAreRefused: !isThere)
        } catch {
            if !isThere { try? FileManager.default.removeItem(atPath: output) }
            throw error
        }
    }
}
