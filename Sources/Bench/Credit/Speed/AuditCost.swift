import Ledger
import TransparencyLog

/// What an audit of a log with one batch costs, and checking a receipt from it.
package struct AuditCost: Sendable {
    package let dimension: Int
    package let reports: Int
    /// `cairn audit` of the whole log, from files; microseconds in all.
    package let audit: PhaseCost
    /// `cairn receipt verify` of one receipt.
    package let receiptVerify: PhaseCost
    package let receiptBytes: Int

    package static let standardDimensions = [10, 1000]
    package static let defaultReports = 100_000
    private static let mostReports = 10_000_000
    private static let receiptRounds = 20

    /// - Throws: `.checkFailed` if an audit or receipt that is right does not pass, or a wrong one does.
    package init(dimension: Int, reports: Int = defaultReports, settings: BenchSettings) async throws {
        try Self.check(reports: reports)
        var randomness = SeededRandomness(seed: settings.seed)
        try await Self.expectFalsifiedShareToBeFound(dimension: dimension, randomness: &randomness)
        let log = try AuditLog(dimension: dimension, reports: reports, randomness: &randomness)
        defer { log.removeFiles() }

        let receipt = try log.receipt()
        try Self.expectChangedReceiptsToBeRefused(receipt, log)
        var (audits, receipts): ([Elapsed], [Elapsed]) = ([], [])
        for _ in 0..<settings.repeats {
            let (report, elapsed) = try await timedWait { try await log.audit() }
            guard report.batches.count == 1, report.notes.isEmpty,
                case .verified(.vector(log.sums)) = report.batches[0].verdict
            else { throw BenchError.checkFailed("the audit of an honest log did not find its result") }
            audits.append(elapsed)
            let (isValid, receiptElapsed) = timed {
                (0..<Self.receiptRounds).allSatisfy { _ in
                    Receipt.verify(file: receipt, policy: log.world.policy).isValid
                }
            }
            guard isValid else { throw BenchError.checkFailed("a receipt was refused") }
            receipts.append(receiptElapsed.divided(by: Self.receiptRounds))
        }
        self.dimension = dimension
        self.reports = reports
        audit = PhaseCost(audits)
        receiptVerify = PhaseCost(receipts)
        receiptBytes = receipt.count
    }

    /// - Throws: `.invalidOption`.
    package static func check(reports: Int) throws(BenchError) {
        guard 2...mostReports ~= reports else {
            throw .invalidOption("--reports \(reports): 2 to \(mostReports) are possible.")
        }
    }

    private static func expectFalsifiedShareToBeFound(
        dimension: Int, randomness: inout SeededRandomness
    ) async throws {
        let log = try AuditLog(dimension: dimension, reports: 20, isFalsified: true, randomness: &randomness)
        defer { log.removeFiles() }
        let report = try await log.audit()
        guard case .failed(let findings)? = report.batches.first?.verdict, findings.map(\.culprits) == [[.helper]]
        else {
            throw BenchError.checkFailed("the audit did not find a share that is not the helper's sum")
        }
    }

    /// The same receipt with another entry, and for another position.
    private static func expectChangedReceiptsToBeRefused(_ receipt: [UInt8], _ log: AuditLog) throws {
        let proof = try TlogProof(parsing: receipt)
        var entry = proof.extra
        entry[entry.count - 1] ^= 1
        for (entry, index) in [(entry, proof.index), (proof.extra, proof.index - 1)] {
            let wrong = Receipt.make(
                entry: entry, index: index, inclusionProof: proof.inclusionProof, checkpoint: proof.checkpoint
            ).serialized()
            guard !Receipt.verify(file: wrong, policy: log.world.policy).isValid else {
                throw BenchError.checkFailed("a receipt passed that was changed")
            }
        }
    }
}
