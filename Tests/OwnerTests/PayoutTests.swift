import Contributor
import Credit
import Crypto
import Foundation
import Ledger
import LedgerFixtures
import Owner
import Testing

/// A pool divided among claims: what is refused, and what an interruption may cost.
@Suite struct PayoutTests {
    /// A table's place that a test can look into.
    private final class Place: PayoutTableStore {
        var bytes: [UInt8]?

        func kept() -> [UInt8]? { bytes }
        func keep(_ new: [UInt8]) { bytes = new }
        func forget() { bytes = nil }
    }

    /// A closed batch of three reports of one contributor.
    private struct Closed {
        let log: LogFixture
        let batch: ClaimableBatch

        init() async throws {
            var log = try LogFixture()
            try log.logHonestBatch(try (1...3).map { try log.contribution([$0, 0, 0]) })
            try log.publish()
            self.log = log
            let book = try await CreditBook.open(
                try log.file(), log: Auditor(source: log.source, policy: log.policy), files: [], seed: log.seed,
                openings: [:])
            batch = book.batches[0]
        }

        /// A claim over one report, or all; of unit credit.
        func claim(_ reports: Range<Int>, _ statement: CreditStatement? = nil) throws -> CreditClaim {
            let part = ClaimableBatch(
                task: batch.task, closeProof: batch.closeProof, weights: nil, reports: Array(batch.reports[reports]))
            let plan = try ClaimPlan(.exactly(Int64(reports.count)), over: [part])
            let context = CreditClaim.Context(audience: "owner", purpose: "", recipient: "r\(reports.lowerBound)")
            var generator = SystemRandomNumberGenerator()
            return try CreditClaim.make(
                statement ?? plan.statement, over: [part], context: context, using: &generator)
        }

        func desk(audience: String = "owner") -> ClaimDesk {
            ClaimDesk(
                verifier: ClaimVerifier(policy: log.policy, tasks: [log.task.taskID], audience: audience),
                log: Auditor(source: log.source, policy: log.policy), files: [])
        }

        func payout() throws -> Payout { try Payout(try log.file(), key: log.ownerKey) }

        func registry() -> ClaimRegistry { ClaimRegistry(path: "\(log.directory)/counted") }
    }

    @Test func onlyTheOwnerPays() async throws {
        let closed = try await Closed()
        defer { closed.log.removeFiles() }
        #expect(throws: PayoutError.otherKey(task: "fixture")) { try Payout(try closed.log.file(), key: .init()) }
    }

    @Test func thePoolIsDividedByTheLeastThatEachClaimProves() async throws {
        let closed = try await Closed()
        defer { closed.log.removeFiles() }
        let claims = [try closed.claim(0..<1), try closed.claim(1..<3, .atLeast(1))]
        let table = try closed.payout().table(pool: 11, unit: "€", among: claims)
        #expect(table.rows.allSatisfy { $0.credit == 1 && $0.amount == 5 } && table.paid == 10)
        let exact = try closed.payout().table(
            pool: 11, unit: "€", among: [try closed.claim(0..<1), try closed.claim(1..<3)])
        #expect(Set(exact.rows.map(\.amount)) == [3, 7])
    }

    @Test func whatCannotBeDividedIsRefused() async throws {
        let closed = try await Closed()
        defer { closed.log.removeFiles() }
        let (payout, claim) = (try closed.payout(), try closed.claim(0..<1))
        let worthless = try closed.claim(0..<1, .atLeast(0))
        let cases: [([CreditClaim], UInt64, String, PayoutError)] = [
            ([claim, claim], 5, "", .claimTwice), ([worthless], 5, "", .noCredit), ([claim], 0, "", .poolTooSmall),
            ([claim], 5, String(repeating: "x", count: 256), .longUnit),
        ]
        for (claims, pool, unit, expected) in cases {
            #expect(throws: expected) { try payout.table(pool: pool, unit: unit, among: claims) }
        }
    }

    @Test func aClaimThatIsNotToBeBelievedIsRefusedByItsName() async throws {
        let closed = try await Closed()
        defer { closed.log.removeFiles() }
        let fine = NamedClaim(try closed.claim(0..<1), named: "fine")
        try await Payout.verify([fine], at: closed.desk())
        var forged = try closed.claim(1..<2)
        forged.statement = .exactly(2)
        let claims = [fine, NamedClaim(forged, named: "forged")]
        await #expect {
            try await Payout.verify(claims, at: closed.desk())
        } throws: {
            guard case PayoutError.refused(claim: "forged", _) = $0 else { return false }
            return true
        }
        await #expect {
            try await Payout.verify([fine], at: closed.desk(audience: "somebody else"))
        } throws: {
            guard case PayoutError.refused(claim: "fine", .refused(.context, _)) = $0 else { return false }
            return true
        }
    }

    /// Cut off after the table was kept, or after its receipts were counted: the same claims go on, others do not.
    @Test func aPayoutThatWasCutOffGoesOnAndNothingIsCountedTwice() async throws {
        let closed = try await Closed()
        defer { closed.log.removeFiles() }
        let (claims, place) = ([try closed.claim(0..<1), try closed.claim(1..<2)], Place())
        let table = try closed.payout().table(pool: 10, unit: "", among: claims)
        place.bytes = table.encoded()
        for _ in 0..<2 { try Payout.settle(table, claims, in: closed.registry(), store: place) }
        #expect(place.bytes == table.encoded())

        // The same table without its place is a second payment.
        let elsewhere = Place()
        #expect { try Payout.settle(table, claims, in: closed.registry(), store: elsewhere) } throws: {
            guard case CreditError.refused(.registry, _) = $0 else { return false }
            return true
        }
        #expect(elsewhere.bytes == nil)

        // Another one in its place does not replace it.
        let other = try closed.payout().table(pool: 11, unit: "", among: claims)
        #expect(throws: PayoutError.otherTable) {
            try Payout.settle(other, claims, in: closed.registry(), store: place)
        }
        #expect(place.bytes == table.encoded())
    }

    @Test func aClaimOverACountedReceiptLeavesNoTable() async throws {
        let closed = try await Closed()
        defer { closed.log.removeFiles() }
        let first = [try closed.claim(0..<1)]
        let payout = try closed.payout()
        try Payout.settle(
            try payout.table(pool: 5, unit: "", among: first), first, in: closed.registry(), store: Place())
        let (second, place) = ([try closed.claim(0..<2)], Place())
        let table = try payout.table(pool: 5, unit: "", among: second)
        #expect(throws: CreditError.self) { try Payout.settle(table, second, in: closed.registry(), store: place) }
        #expect(place.bytes == nil)
    }
}
