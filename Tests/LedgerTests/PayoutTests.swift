import Crypto
import DAP
import Ledger
import LedgerFixtures
import Testing

/// Payouts, and λ in the log.
@Suite struct PayoutTests {
    private static func share(_ byte: UInt8, _ credit: UInt64) -> PayoutTable.Share {
        PayoutTable.Share(
            claimHash: [UInt8](repeating: byte, count: 32), credit: credit, recipient: Array("account \(byte)".utf8))
    }

    private static func table(_ pool: UInt64 = 100, task: TaskID = .random()) throws -> PayoutTable {
        try #require(
            PayoutTable(
                taskID: task, pool: pool, unit: Array("EUR".utf8), shares: [share(9, 1), share(2, 3), share(5, 0)]))
    }

    @Test func aPoolIsDividedInProportionAndNeverOverdrawn() {
        #expect(PayoutTable.divide(100, among: [1, 1, 2]) == [25, 25, 50])
        #expect(PayoutTable.divide(100, among: [1, 1, 1]) == [33, 33, 33])
        #expect(PayoutTable.divide(100, among: [0, 3, 0]) == [0, 100, 0])
        #expect(PayoutTable.divide(100, among: [0, 0]) == [0, 0])
        #expect(PayoutTable.divide(.max, among: [.max, .max]) == [UInt64.max / 2, UInt64.max / 2])
        let parts = PayoutTable.divide(.max, among: [.max, 1, .max])
        #expect(parts[0] <= UInt64.max - parts[1] - parts[2])
    }

    @Test func rowsStandInTheOrderOfTheirClaimsEachOnce() throws {
        let table = try Self.table()
        #expect(table.rows.map(\.amount) == [75, 0, 25])
        #expect(table.paid == 100 && table.dividesItsPool)
        #expect(try PayoutTable(decoding: table.encoded()) == table)
        #expect(PayoutTable(taskID: .random(), pool: 1, unit: [], shares: [Self.share(1, 1), Self.share(1, 2)]) == nil)
        #expect(PayoutTable(taskID: .random(), pool: 1, unit: [], shares: []) == nil)
        let bytes = table.encoded()
        for length in 0..<bytes.count where length != bytes.count {
            guard let shorter = try? PayoutTable(decoding: Array(bytes.prefix(length))) else { continue }
            #expect(shorter.encoded().count == length && shorter.rows.count < 3)
        }
        // The rows swapped.
        let start = 16 + 32 + 8 + 4
        let row = (bytes.count - start) / 3
        let swapped = bytes.prefix(start) + bytes.dropFirst(start + row) + bytes.dropFirst(start).prefix(row)
        #expect(swapped.count == bytes.count)
        #expect(throws: CodecError.self) { try PayoutTable(decoding: Array(swapped)) }
    }

    /// Publishes a log with one honest batch and a payout, and audits it.
    private func audit(
        signedBy other: Curve25519.Signing.PrivateKey? = nil, pool: UInt64 = 100, withTable: Bool = true
    ) async throws -> AuditReport {
        var log = try LogFixture()
        defer { log.removeFiles() }
        try log.logHonestBatch([try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])])
        let table = try Self.table(task: log.task.taskID)
        var entry = try PayoutEntry(table: table, owner: other ?? log.ownerKey)
        if pool != entry.pool {
            entry.pool = pool
            entry.signature = try LedgerSignature.sign(entry.signedBytes(), with: log.ownerKey)
        }
        log.log(.payout(entry))
        if withTable { log.blobs.append(table.encoded()) }
        try log.publish()
        return try await log.audit()
    }

    @Test func aPayoutThatDividesItsPoolPassesTheAudit() async throws {
        let report = try await audit()
        #expect(report.isVerified)
        guard case .divided(let table) = try #require(report.payouts.first).verdict else {
            Issue.record("\(report.payouts)")
            return
        }
        #expect(table.paid == 100)
    }

    @Test func aPayoutOfAnotherSumIsWrong() async throws {
        let report = try await audit(pool: 99)
        #expect(!report.isVerified)
        guard case .wrong = try #require(report.payouts.first).verdict else {
            Issue.record("\(report.payouts)")
            return
        }
    }

    @Test func aPayoutWithoutItsTableGivesNoVerdict() async throws {
        let report = try await audit(withTable: false)
        #expect(!report.isVerified)
        guard case .unverified = try #require(report.payouts.first).verdict else {
            Issue.record("\(report.payouts)")
            return
        }
    }

    @Test func aPayoutByAnybodyButTheOwnerIsIgnored() async throws {
        let report = try await audit(signedBy: Curve25519.Signing.PrivateKey())
        #expect(report.isVerified && report.payouts.isEmpty)
        #expect(report.notes.contains { $0.contains("payout") })
    }
}
