import Bench
import Testing

/// Small runs of what `cairn bench credit` measures: the checks in them must all have their outcome.
@Suite struct CreditCostTests {
    private static func settings() throws -> BenchSettings {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("CreditCostTests: --seed \(seed)")
        return try BenchSettings(repeats: 2, seed: seed)
    }

    @Test func claimsAreMeasuredAndChecked() throws {
        let cost = try ClaimCost(dimension: 20, claims: 3, settings: Self.settings())
        for cost in [cost.prove, cost.verify, cost.verifyBatch] { #expect(cost.wall.smallest > 0) }
        #expect(cost.claims == 3 && cost.dimension == 20 && cost.bytes > 1000)
        #expect(cost.verifyBatchPerClaim * 3 == cost.verifyBatch.wall.median)
        #expect(try ClaimCost(dimension: 1, claims: 1, settings: Self.settings()).claims == 1)
    }

    @Test(arguments: [1, 7]) func auditsAreMeasuredAndChecked(dimension: Int) async throws {
        let cost = try await AuditCost(dimension: dimension, reports: 600, settings: Self.settings())
        #expect(cost.audit.wall.smallest > 0 && cost.receiptVerify.wall.smallest > 0 && cost.receiptBytes > 500)
    }

    @Test func impossibleSizesAreRefused() {
        #expect(throws: BenchError.self) { try ClaimCost.check(claims: 0, dimension: 10) }
        #expect(throws: BenchError.self) { try ClaimCost.check(claims: 1, dimension: 0) }
        #expect(throws: BenchError.self) { try AuditCost.check(reports: 1) }
    }
}
