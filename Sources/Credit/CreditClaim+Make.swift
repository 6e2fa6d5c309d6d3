import Crypto
import Ledger
import Ristretto255
import TaskTypes
import Tasks
import TransparencyLog

/// One report that its contributor claims credit for.
package struct ClaimableReport: Sendable {
    package let report: LoggedReport
    /// Position and path in the tree of the close.
    package let index: UInt64
    package let path: [[UInt8]]
    /// What opens its commitments; nil where only unit credit is claimed.
    package let opening: ReportOpening?
    package let claimKey: Curve25519.Signing.PrivateKey

    package init(
        report: LoggedReport, index: UInt64, path: [[UInt8]], opening: ReportOpening?,
        claimKey: Curve25519.Signing.PrivateKey
    ) {
        self.report = report
        self.index = index
        self.path = path
        self.opening = opening
        self.claimKey = claimKey
    }
}

/// A closed batch with a contributor's reports in it.
package struct ClaimableBatch: Sendable {
    package let task: ValidatedTask
    /// A tlog-proof whose extra is the close.
    package let closeProof: TlogProof
    /// nil for unit credit.
    package let weights: CreditWeights?
    package let reports: [ClaimableReport]

    package init(
        task: ValidatedTask, closeProof: TlogProof, weights: CreditWeights?, reports: [ClaimableReport]
    ) {
        self.task = task
        self.closeProof = closeProof
        self.weights = weights
        self.reports = reports
    }

    /// The credit of each report.
    ///
    /// - Throws: `.wrongInput`.
    package func credits() throws(CreditError) -> [Int64] {
        guard let weights else { return reports.map { _ in 1 } }
        var credits: [Int64] = []
        for report in reports {
            guard let opening = report.opening else { throw .wrongInput("it is not saved in this wallet") }
            credits.append(try weights.value(of: weights.input(of: opening)))
        }
        return credits
    }

    /// Between what the credit of one report lies.
    package var creditRange: ClosedRange<Int64> { weights?.range ?? 1...1 }
}

extension [ClaimableBatch] {
    /// Between what their total lies, as everybody knows.
    ///
    /// - Throws: `.falseStatement` if it may exceed 63 bits.
    package func knownRange() throws(CreditError) -> ClosedRange<Int64> {
        try CreditTotals.range(flatMap { batch in batch.reports.map { _ in batch.creditRange } })
    }
}

extension CreditClaim {
    /// Proves a statement about the total credit of reports, and signs it with their claim keys.
    ///
    /// - Parameter generator: cryptographically secure.
    /// - Throws: `.falseStatement` if it does not hold; `.wrongInput` if a saved input does not open its report.
    package static func make(
        _ statement: CreditStatement, over batches: [ClaimableBatch], context: Context,
        using generator: inout some RandomNumberGenerator
    ) throws(CreditError) -> CreditClaim {
        for text in [context.audience, context.purpose, context.recipient] where text.utf8.count > 255 {
            throw .falseStatement("'\(text.prefix(20))…' is longer than 255 bytes")
        }
        let count = batches.reduce(0) { $0 + $1.reports.count }
        guard 1...mostItems ~= count, batches.allSatisfy({ !$0.reports.isEmpty }) else {
            throw .falseStatement("a claim has 1 to \(mostItems) receipts; these are \(count)")
        }
        var credits: [Int64] = []
        for batch in batches { credits += try batch.credits() }
        let known = try batches.knownRange()
        let total = credits.reduce(0, &+)
        guard statement.holds(for: total) else {
            throw .falseStatement("the total is \(total), so it is not true that \(statement)")
        }
        precondition(known.contains(total), "each credit lies in its range")

        var claim = CreditClaim(
            context: context, statement: statement, batches: [], items: [], totalProof: [], signatures: [])
        var opening = NoteOpening(value: 0, blind: .zero)
        for batch in batches {
            claim.batches.append(
                Batch(
                    configuration: batch.task.configuration.encoded(), closeProof: batch.closeProof.serialized(),
                    weightsDigest: batch.weights?.digest ?? []))
            for item in batch.reports {
                var encodedNote: [UInt8] = []
                if let weights = batch.weights, let saved = item.opening {
                    let made = try CreditNote.make(item.report, weights: weights, opening: saved, using: &generator)
                    encodedNote = made.note.encoded()
                    opening.value &+= made.opening.value
                    opening.blind = opening.blind + made.opening.blind
                }
                claim.items.append(
                    Item(
                        batch: UInt16(claim.batches.count - 1), entry: item.report.bytes, index: item.index,
                        path: item.path, note: encodedNote))
            }
        }
        if batches.contains(where: { $0.weights != nil }) {
            claim.totalProof = try TotalProof.make(
                statement, opening: opening, application: TotalProof.application(contextDigest: claim.contextDigest),
                using: &generator)
        }
        let message = claim.signedBytes
        for batch in batches {
            for item in batch.reports {
                guard let signature = try? item.claimKey.signature(for: message) else {
                    throw .wrongInput("its claim key cannot sign")
                }
                claim.signatures.append(Array(signature))
            }
        }
        return claim
    }

    /// Reads a claim file.
    ///
    /// - Throws: `.malformed`.
    package init(file: [UInt8]) throws(CreditError) {
        guard file.count <= Self.maximumSize else { throw .malformed("longer than \(Self.maximumSize) bytes") }
        do {
            self = try CreditClaim(decoding: file)
        } catch {
            throw .malformed("\(error)")
        }
    }
}
