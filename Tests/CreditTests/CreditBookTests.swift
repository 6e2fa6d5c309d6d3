import Credit
import Ledger
import LedgerFixtures
import Tasks
import Testing

/// What a contributor finds of its own in a log, and what it can state about it.
@Suite struct CreditBookTests {
    private func book(
        _ fixture: ClaimFixture, seed: [UInt8]? = nil, saved: [Int] = [0, 1, 2]
    ) async throws -> CreditBook {
        let log = fixture.log
        let file = try TaskFile(
            name: "t", configuration: log.task.configuration, collectorHpkeConfig: log.collector.config,
            logPolicy: log.policyText, logURL: nil)
        let openings = saved.map {
            (fixture.contributions[$0].entry.metadata.reportID, fixture.contributions[$0].opening)
        }
        return try await CreditBook.open(
            file, log: Auditor(source: log.source, policy: log.policy), files: [LambdaFile(lambda: [1, 10])],
            seed: seed ?? log.seed,
            openings: Dictionary(openings, uniquingKeysWith: { first, _ in first }).compactMapValues { $0 })
    }

    private static func fixture() async throws -> ClaimFixture {
        try await ClaimFixture(inputs: [[1, 0], [2, 0], [0, 3]], lambda: [1, 10])
    }

    @Test func reportsAreFoundBySeedAndCountedByWhatWasSaved() async throws {
        let fixture = try await Self.fixture()
        defer { fixture.log.removeFiles() }
        let all = try await book(fixture)
        #expect(all.batches.count == 1 && all.batches[0].reports.count == 3)
        #expect(try all.batches[0].credits().reduce(0, +) == 33)
        // Without its input a report is found, and its credit is not known.
        let some = try await book(fixture, saved: [0, 1])
        #expect(some.batches[0].reports.count == 3)
        #expect(throws: CreditError.self) { try some.batches[0].credits() }
        #expect(try await book(fixture, seed: [UInt8](repeating: 0, count: 32)).batches.isEmpty)
    }

    @Test func onlyTheNamedReportsAreSelected() async throws {
        let fixture = try await Self.fixture()
        defer { fixture.log.removeFiles() }
        let book = try await book(fixture)
        let id = fixture.contributions[2].entry.metadata.reportID
        #expect(try book.selecting([id]).flatMap { try $0.credits() } == [30])
        #expect(book.selecting([.random()]).isEmpty)
        #expect(book.selecting([])[0].reports.count == 3)
    }

    // MARK: Plans

    @Test func aPlanStatesWhatIsTrueAndNothingElse() async throws {
        let fixture = try await Self.fixture()
        defer { fixture.log.removeFiles() }
        let batches = try await book(fixture).batches
        #expect(try ClaimPlan(.exact, over: batches).statement == .exactly(33))
        #expect(try ClaimPlan(.atLeast(33), over: batches).reports == 3)
        for wish in [ClaimPlan.Wish.atLeast(34), .exactly(32), .between(0...32)] {
            #expect(throws: CreditError.self) { try ClaimPlan(wish, over: batches) }
        }
    }

    @Test func aPlanOfSeveralClaimsAddsUpToItsStatement() async throws {
        let fixture = try await Self.fixture()
        defer { fixture.log.removeFiles() }
        let batches = try await book(fixture).batches
        let plan = try ClaimPlan(.exact, over: batches, ofAtMost: 1)
        #expect(plan.parts.map(\.reports) == [1, 1, 1])
        #expect(plan.parts.map(\.statement.bounds.lowerBound).reduce(0, +) == 33)
        #expect(plan.leakedBits > (try ClaimPlan(.exact, over: batches)).leakedBits)
        // A range cannot be divided, nor a bound of which one part is worth too little.
        for (wish, words) in [(ClaimPlan.Wish.between(0...40), "a range"), (.atLeast(33), "its share of 33")] {
            #expect {
                _ = try ClaimPlan(wish, over: batches, ofAtMost: 1)
            } throws: {
                guard case CreditError.indivisible(reports: 3, let reason) = $0 else { return false }
                return reason.contains(words)
            }
        }
    }

    @Test func theFileOfAPartIsAClaimThatVerifies() async throws {
        let fixture = try await Self.fixture()
        defer { fixture.log.removeFiles() }
        let plan = try ClaimPlan(.atLeast(20), over: try await book(fixture).batches)
        try fixture.verify(try ClaimPlan.file(of: plan.parts[0], context: ClaimFixture.context))
    }
}
