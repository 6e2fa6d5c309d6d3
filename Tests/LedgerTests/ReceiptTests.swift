import DAP
import Ledger
import LedgerFixtures
import Testing
import TransparencyLog

/// Promise P4 at the level of files: a receipt is checked offline, and every change to it fails the check that it hurts.
@Suite struct ReceiptTests {
    private func makeReceipt() async throws -> (log: LogFixture, receipt: TlogProof) {
        var log = try LogFixture()
        try log.logHonestBatch([try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])])
        let checkpoint = try log.publish()
        let reader = LogReader(source: log.source, head: checkpoint.checkpoint.head)
        let proof = try await reader.inclusionProof(index: 2)
        return (log, Receipt.make(entry: log.entries[2], index: 2, inclusionProof: proof, checkpoint: checkpoint))
    }

    @Test func receiptOfALoggedReportIsValid() async throws {
        let (log, receipt) = try await makeReceipt()
        defer { log.removeFiles() }
        let report = Receipt.verify(file: receipt.serialized(), policy: log.policy)
        #expect(report.isValid, "\(report.failure?.reason ?? "")")
        #expect(report.index == 2)
        #expect(report.claimKey?.count == 32)
    }

    @Test func receiptForAnEntryThatIsNotLoggedFailsTheLogCheck() async throws {
        let (log, receipt) = try await makeReceipt()
        defer { log.removeFiles() }
        let other = LedgerEntry.report(try log.contribution([9, 9, 9]).entry).encoded()
        let forged = Receipt.make(
            entry: other, index: receipt.index, inclusionProof: receipt.inclusionProof, checkpoint: receipt.checkpoint)
        #expect(Receipt.verify(file: forged.serialized(), policy: log.policy).failure?.check == .log)
    }

    @Test func receiptUnderAnotherLogsPolicyFailsTheLogCheck() async throws {
        let (log, receipt) = try await makeReceipt()
        defer { log.removeFiles() }
        let stranger = try LogFixture()
        defer { stranger.removeFiles() }
        #expect(Receipt.verify(file: receipt.serialized(), policy: stranger.policy).failure?.check == .log)
    }

    @Test func receiptOfAnEntryThatIsNoReportIsRefused() async throws {
        let (log, receipt) = try await makeReceipt()
        defer { log.removeFiles() }
        let forged = Receipt.make(
            entry: log.entries[0], index: 0, inclusionProof: receipt.inclusionProof, checkpoint: receipt.checkpoint)
        #expect(Receipt.verify(file: forged.serialized(), policy: log.policy).failure?.check == .entry)
    }

    @Test func textThatIsNoProofIsRefused() async throws {
        let (log, receipt) = try await makeReceipt()
        defer { log.removeFiles() }
        #expect(Receipt.verify(file: Array("hello\n".utf8), policy: log.policy).failure?.check == .format)
        #expect(
            Receipt.verify(file: Array(receipt.serialized().dropLast(40)), policy: log.policy).isValid == false)
    }
}
