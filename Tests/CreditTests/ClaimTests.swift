import Credit
import Ledger
import LedgerFixtures
import Tasks
import Testing

/// True statements are proved and believed, for every kind of statement and policy.
@Suite struct ClaimTests {
    static let inputs: [[UInt64]] = [[1, 2, 3], [100, 0, 7], [0, 50, 100], [5, 5, 5]]
    static let lambda: [Int64] = [3, -2, 7]
    /// ⟨λ, x⟩ of the inputs.
    static let credits: [Int64] = [20, 349, 600, 40]

    @Test func exactThresholdAndRangeClaimsHold() async throws {
        let fixture = try await ClaimFixture(inputs: Self.inputs, lambda: Self.lambda)
        defer { fixture.log.removeFiles() }
        for (number, credit) in Self.credits.enumerated() {
            for statement: CreditStatement in [
                .exactly(credit), .atLeast(credit), .atLeast(-5_000_000), .between(credit...credit),
                .between(-10...1000),
            ] {
                try fixture.verify(fixture.claim(statement, [number]))
            }
        }
    }

    @Test func totalsOverSeveralReceiptsHold() async throws {
        let fixture = try await ClaimFixture(inputs: Self.inputs, lambda: Self.lambda)
        defer { fixture.log.removeFiles() }
        try fixture.verify(fixture.claim(.exactly(969), [0, 1, 2]))
        try fixture.verify(fixture.claim(.atLeast(1009), [3, 2, 1, 0]))
        try fixture.verify(fixture.claim(.between(600...700), [2, 3]))
    }

    @Test func negativeAndZeroCreditIsClaimedAsWhatItIs() async throws {
        let fixture = try await ClaimFixture(inputs: [[1, 1, 0], [0, 0, 0]], lambda: [-5, 4, 1])
        defer { fixture.log.removeFiles() }
        try fixture.verify(fixture.claim(.exactly(-1), [0]))
        try fixture.verify(fixture.claim(.atLeast(-1), [0]))
        try fixture.verify(fixture.claim(.exactly(0), [1]))
        for statement: CreditStatement in [.atLeast(0), .exactly(1), .between(0...10)] {
            #expect(throws: CreditError.self) { try fixture.claim(statement, [0]) }
        }
    }

    @Test func falseStatementsCannotBeProved() async throws {
        let fixture = try await ClaimFixture(inputs: Self.inputs, lambda: Self.lambda)
        defer { fixture.log.removeFiles() }
        for statement: CreditStatement in [.exactly(21), .atLeast(21), .between(21...30), .between(-5...19)] {
            #expect(throws: CreditError.self) { try fixture.claim(statement, [0]) }
        }
    }

    /// 2x - M for every coordinate: nothing contributed, nothing earned.
    @Test func offsetEncodedNumbersEarnWhatTheyStandFor() async throws {
        let encoding = NumericEncoding(bits: 4, bound: 1)
        let fixture = try await ClaimFixture(
            inputs: [[15, 0, 8], [7, 7, 7]], lambda: [10, 1, -3], encoding: encoding, maxMeasurement: 15)
        defer { fixture.log.removeFiles() }
        let credits = try fixture.claimable([0, 1]).credits()
        // 10·15 - 1·15 - 3·1, and -10 - 1 + 3.
        #expect(credits == [132, -8])
        try fixture.verify(fixture.claim(.exactly(132), [0]))
        try fixture.verify(fixture.claim(.exactly(124), [0, 1]))
        #expect(fixture.weights?.range == -210...210)
    }

    @Test func unitCreditCountsReceiptsWithoutNotes() async throws {
        let fixture = try await ClaimFixture(inputs: Self.inputs)
        defer { fixture.log.removeFiles() }
        let claim = try fixture.claim(.exactly(3), [0, 2, 3])
        #expect(claim.totalProof.isEmpty && claim.items.count == 3)
        try fixture.verify(claim)
        try fixture.verify(fixture.claim(.atLeast(1), [0, 2]))
        #expect(throws: CreditError.self) { try fixture.claim(.atLeast(3), [0, 2]) }
    }

    /// λ is the aggregate itself, and all credits add up to its squared length.
    @Test func alignmentCreditsAddUpToTheAggregatesSquare() throws {
        let log = try LogFixture(credit: CreditPolicy(kind: .alignment, bound: 100_000))
        defer { log.removeFiles() }
        let weights = try CreditWeights(aggregate: .vector([106, 57, 115]), count: 4, task: log.task)
        let total = try Self.inputs.map { try weights.value(of: $0.map(Int64.init)) }.reduce(0, +)
        let square: Int64 = 106 * 106 + 57 * 57 + 115 * 115
        #expect(total == square)
    }

    /// P6: whoever adds up all exact credits finds what the published result says, and nobody can claim more.
    @Test(arguments: [nil, NumericEncoding(bits: 7, bound: 2)])
    func creditsOfABatchAddUpToItsPublicTotal(encoding: NumericEncoding?) async throws {
        let fixture = try await ClaimFixture(
            inputs: Self.inputs, lambda: Self.lambda, encoding: encoding,
            maxMeasurement: encoding == nil ? 100 : 127)
        defer { fixture.log.removeFiles() }
        let weights = try #require(fixture.weights)
        let auditor = Auditor(source: fixture.log.source, policy: fixture.log.policy)
        let total = try Int64(
            weights.total(of: try await auditor.aggregate(of: fixture.batch), count: UInt64(Self.inputs.count)))
        let all = Array(Self.inputs.indices)
        #expect(try all.map { try fixture.claimable([$0]).credits()[0] }.reduce(0, +) == total)
        try fixture.verify(try fixture.claim(.exactly(total), all))
        #expect(throws: CreditError.self) { try fixture.claim(.atLeast(total + 1), all) }
        var forged = try fixture.claim(.atLeast(total), all)
        forged.statement = .atLeast(total + 1)
        #expect(throws: CreditError.self) { try fixture.verify(try fixture.signedAgain(forged, all)) }
    }

    @Test func aClaimIsReadAsItWasWritten() async throws {
        let fixture = try await ClaimFixture(inputs: Self.inputs, lambda: Self.lambda)
        defer { fixture.log.removeFiles() }
        let claim = try fixture.claim(.between(0...1000), [1, 0])
        #expect(try CreditClaim(file: claim.encoded()) == claim)
    }

    @Test func manyClaimsAreVerifiedAtOnceAndABadOneIsFound() async throws {
        let fixture = try await ClaimFixture(inputs: Self.inputs, lambda: Self.lambda)
        defer { fixture.log.removeFiles() }
        var claims = try (0..<4).map { try fixture.claim(.atLeast(1), [$0]) }
        claims[2] = try fixture.claim(.atLeast(1), [2])
        // A proof that was made for another claim of the same receipt.
        claims[2].totalProof = try fixture.claim(.atLeast(2), [2]).totalProof
        claims[2] = try fixture.signedAgain(claims[2], [2])
        let checked = try claims.map { claim in
            ClaimVerifier.Checked(
                claim, evidence: try fixture.verifier.evidence(of: claim), weights: [fixture.weights])
        }
        let verdicts = fixture.verifier.verify(checked)
        let accepted = verdicts.map { (try? $0.get()) != nil }
        #expect(accepted == [true, true, false, true])
    }

    @Test func theLeakIsTheLogarithmOfWhatIsRuledOut() {
        #expect(CreditStatement.exactly(5).leakedBits(of: 0...1023) == 10)
        #expect(CreditStatement.atLeast(512).leakedBits(of: 0...1023) == 1)
        #expect(CreditStatement.atLeast(0).leakedBits(of: 0...1023) == 0)
        #expect(CreditStatement.between(0...255).leakedBits(of: 0...1023) == 2)
    }

}
