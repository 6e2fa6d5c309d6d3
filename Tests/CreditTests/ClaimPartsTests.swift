import Credit
import Testing

/// More receipts than a claim holds make several claims, which together say what was asked for and tell no more than
/// they must.
@Suite struct ClaimPartsTests {
    @Test func partsHoldEveryReportOnceAndAreOfOneSize() async throws {
        let fixture = try await ClaimFixture(inputs: (0..<11).map { [$0] })
        let batches = [try fixture.claimable(Array(0..<7)), try fixture.claimable(Array(7..<11))]
        let all = batches.flatMap(\.reports).map(\.index)
        for (most, sizes) in [
            (11, [11]), (20, [11]), (10, [5, 6]), (4, [3, 4, 4]), (1, [Int](repeating: 1, count: 11)),
        ] {
            let parts = batches.parts(ofAtMost: most)
            #expect(parts.map { $0.reduce(0) { $0 + $1.reports.count } } == sizes, "\(most)")
            #expect(parts.joined().flatMap(\.reports).map(\.index) == all, "\(most)")
            #expect(parts.joined().allSatisfy { !$0.reports.isEmpty })
        }
    }

    @Test func aBoundIsDividedByWhatEverybodySees() {
        let statement = CreditStatement.atLeast(10)
        #expect(statement.divided(counts: [3], totals: [12]) == [.atLeast(10)])
        #expect(
            statement.divided(counts: [3, 4, 4], totals: [12, 12, 12]) == [.atLeast(2), .atLeast(4), .atLeast(4)])
        // One part is worth less than its share: only its owner can say what to do.
        #expect(statement.divided(counts: [3, 4, 4], totals: [12, 3, 12]) == nil)
        for bound in [Int64.min, -7, -1, 0, 1, 4_999, .max] {
            let parts = CreditStatement.atLeast(bound).divided(counts: [2_500, 2_500], totals: [.max, .max]) ?? []
            #expect(parts.count == 2 && parts.map(\.bounds.lowerBound).reduce(0, +) == bound, "\(bound)")
        }
    }

    @Test func exactTotalsAddUpAndRangesAreNotDivided() {
        #expect(
            CreditStatement.exactly(9).divided(counts: [1, 1], totals: [4, 5]) == [.exactly(4), .exactly(5)])
        #expect(CreditStatement.between(1...9).divided(counts: [1, 1], totals: [4, 5]) == nil)
        #expect(CreditStatement.between(1...9).divided(counts: [2], totals: [9]) == [.between(1...9)])
    }
}
