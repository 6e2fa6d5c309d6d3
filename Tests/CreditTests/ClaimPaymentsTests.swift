import Credit
import Ledger
import LedgerFixtures
import Testing

/// What a claimant reads in the payouts of a log.
@Suite struct ClaimPaymentsTests {
    private func payouts(
        _ fixture: ClaimFixture, _ shares: [PayoutTable.Share], keepsTable: Bool = true
    ) async throws -> [PayoutAudit] {
        var log = fixture.log
        let table = try #require(
            PayoutTable(taskID: log.task.taskID, pool: 10, unit: Array("EUR".utf8), shares: shares))
        log.log(.payout(try PayoutEntry(table: table, owner: log.ownerKey)))
        if keepsTable { log.blobs.append(table.encoded()) }
        try log.publish()
        return try await Auditor(source: log.source, policy: log.policy).payouts(of: log.task.taskID)
    }

    private func share(_ claim: CreditClaim, credit: UInt64, to recipient: String) -> PayoutTable.Share {
        PayoutTable.Share(claimHash: claim.hash, credit: credit, recipient: Array(recipient.utf8))
    }

    @Test func aClaimFindsItsRow() async throws {
        let fixture = try await ClaimFixture(inputs: [[1], [2], [3]])
        defer { fixture.log.removeFiles() }
        let (claim, other) = (try fixture.claim(.exactly(2), [0, 1]), try fixture.claim(.exactly(1), [2]))
        let audits = try await payouts(
            fixture, [share(claim, credit: 2, to: "account 12"), share(other, credit: 3, to: "account 12")])
        let found = ClaimPayments(of: claim, in: audits)
        let row = try #require(found.payments.first)
        #expect(found.payments.count == 1 && row.pool == 10 && row.unit == "EUR" && row.claims == 2)
        #expect(row.credit == 2 && row.amount == 4 && row.fault == nil)
        #expect(!found.isFaulty && found.missing.isEmpty)
        // The other's row has another credit than it proves.
        let wrong = ClaimPayments(of: other, in: audits)
        #expect(wrong.isFaulty && wrong.payments[0].fault == "the claim proves a credit of 1")
    }

    @Test func anotherRecipientThanTheClaimsIsAFault() async throws {
        let fixture = try await ClaimFixture(inputs: [[1], [2]])
        defer { fixture.log.removeFiles() }
        let claim = try fixture.claim(.exactly(1), [0])
        let found = ClaimPayments(of: claim, in: try await payouts(fixture, [share(claim, credit: 1, to: "me")]))
        #expect(found.isFaulty && found.payments[0].fault == "the claim names another recipient")
    }

    @Test func aTableThatIsNotThereIsMissingAndNoFault() async throws {
        let fixture = try await ClaimFixture(inputs: [[1], [2]])
        defer { fixture.log.removeFiles() }
        let claim = try fixture.claim(.exactly(1), [0])
        let found = ClaimPayments(
            of: claim, in: try await payouts(fixture, [share(claim, credit: 1, to: "me")], keepsTable: false))
        #expect(found.payments.isEmpty && !found.isFaulty && found.missing.count == 1)
    }
}
