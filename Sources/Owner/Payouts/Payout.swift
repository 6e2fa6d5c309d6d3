import Credit
import Crypto
import Ledger
import Tasks

/// A claim with the name that people know it by: its file's.
package struct NamedClaim: Sendable {
    package let name: String
    package let claim: CreditClaim

    package init(_ claim: CreditClaim, named name: String) {
        self.claim = claim
        self.name = name
    }
}

/// A pool that the owner of a task divides among claims, in public.
///
/// The order in which things happen makes it safe against interruptions: the claims are verified, the table is kept
/// (``PayoutTableStore``), their receipts are counted, and then the table is logged. Whoever comes again with the same
/// claims and the kept table goes on where it was cut off, and nothing is counted or paid twice.
package struct Payout: Sendable {
    package let file: TaskFile
    private let key: Curve25519.Signing.PrivateKey

    /// - Throws: `.otherKey` unless the key is that of the task's owner.
    package init(_ file: TaskFile, key: Curve25519.Signing.PrivateKey) throws(PayoutError) {
        guard file.configuration.cairn?.ownerKey == Array(key.publicKey.rawRepresentation) else {
            throw .otherKey(task: file.name)
        }
        self.file = file
        self.key = key
    }

    /// Verifies every claim, together. Only claims over this task count: another one may count in other units, whoever its
    /// owner is; so the desk has to accept this task alone.
    ///
    /// - Throws: ``PayoutError/refused(claim:_:)`` for the first claim that is not to be believed; `LambdaError` and
    ///   `AuditError` where that cannot be found out.
    package static func verify(_ claims: [NamedClaim], at desk: ClaimDesk) async throws {
        var desk = desk
        var checked: [ClaimVerifier.Checked] = []
        for named in claims {
            do {
                checked.append(try await desk.check(named.claim).checked)
            } catch let error as CreditError {
                throw PayoutError.refused(claim: named.name, error)
            }
        }
        for (named, verdict) in zip(claims, desk.verifier.verify(checked)) {
            if case .failure(let error) = verdict { throw PayoutError.refused(claim: named.name, error) }
        }
    }

    /// Divides a pool in proportion to the least credit that each claim proves. Pure.
    ///
    /// - Parameters:
    ///   - pool: How much there is, in whole units.
    ///   - unit: What is paid, at most 255 bytes.
    /// - Throws: `.claimTwice`, `.noCredit`, `.poolTooSmall`, `.longUnit`.
    package func table(pool: UInt64, unit: String, among claims: [CreditClaim]) throws(PayoutError) -> PayoutTable {
        guard unit.utf8.count <= 255 else { throw .longUnit }
        let shares = claims.map { claim in
            PayoutTable.Share(
                claimHash: claim.hash, credit: claim.leastCredit, recipient: Array(claim.context.recipient.utf8))
        }
        guard let table = PayoutTable(taskID: file.taskID, pool: pool, unit: Array(unit.utf8), shares: shares) else {
            throw .claimTwice
        }
        guard shares.contains(where: { $0.credit > 0 }) else { throw .noCredit }
        guard table.paid > 0 else { throw .poolTooSmall }
        return table
    }

    /// Keeps the table, and counts the receipts of its claims.
    ///
    /// The table is kept before a receipt is counted, so that a payout that was interrupted can be finished; a kept table is
    /// what tells claims of this payout from claims that another one has paid.
    ///
    /// - Throws: `.otherTable` where another table is kept; `CreditError` where a receipt was counted before; what the store
    ///   throws.
    package static func settle(
        _ table: PayoutTable, _ claims: [CreditClaim], in registry: ClaimRegistry, store: some PayoutTableStore
    ) throws {
        let bytes = table.encoded()
        let kept = try store.kept()
        if let kept {
            guard kept == bytes else { throw PayoutError.otherTable }
        } else {
            try store.keep(bytes)
        }
        do {
            _ = try registry.count(claims, knownAreRefused: kept == nil)
        } catch {
            if kept == nil { store.forget() }
            throw error
        }
    }

    /// Logs the table under the owner's key.
    ///
    /// - Throws: as ``OwnerLog/publish(_:blob:patience:)`` does.
    package func publish(_ table: PayoutTable, in log: OwnerLog) async throws {
        let entry = try PayoutEntry(table: table, owner: key)
        try await log.publish(.payout(entry), blob: table.encoded())
    }
}

/// Where the table of a payout is kept until the log has it.
package protocol PayoutTableStore {
    /// The bytes that are kept; nil where none are.
    func kept() throws -> [UInt8]?
    /// Keeps a table, whole and for good, before it returns.
    func keep(_ bytes: [UInt8]) throws
    /// Forgets what was kept just now.
    func forget()
}

/// Why nothing is paid. One case per cause.
package enum PayoutError: Error, Sendable, Equatable {
    /// The key is not that of the task's owner.
    case otherKey(task: String)
    /// A claim, of this name, is not to be believed.
    case refused(claim: String, CreditError)
    /// A claim is there twice.
    case claimTwice
    /// No claim proves any credit.
    case noCredit
    /// Nobody would get a whole unit.
    case poolTooSmall
    /// The unit has more than 255 bytes.
    case longUnit
    /// Another payout's table is kept in the place.
    case otherTable
}

extension PayoutError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .otherKey(let task): "this is not the key of the owner of the task '\(task)'"
        case .refused(let claim, let error): "\(claim): \(error)"
        case .claimTwice: "a claim is there twice"
        case .noCredit: "no claim proves any credit, so nothing can be divided"
        case .poolTooSmall: "the pool is too small to be divided in whole units"
        case .longUnit: "the unit is longer than 255 bytes"
        case .otherTable: "there is another payout's table. Keep this one elsewhere."
        }
    }
}
