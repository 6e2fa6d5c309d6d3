import Credit
import Ledger
import LedgerFixtures
import Tasks
import Testing

/// λ of a validation policy: fixed before, hidden until, and known after the close.
@Suite struct RevealTests {
    private static let lambda: [Int64] = [3, -2, 7]
    private static let salt = [UInt8](repeating: 5, count: 32)

    private enum When { case before, after, never }

    /// The closed batch of a task with a validation policy, whose λ (or another one) the log reveals.
    private func batch(_ when: When, lambda: [Int64] = lambda, salt: [UInt8] = salt) async throws -> ClosedBatch {
        var log = try LogFixture(
            credit: CreditPolicy(kind: .validation, bound: 7),
            lambdaHash: CreditWeights.hash(Self.lambda, salt: Self.salt))
        defer { log.removeFiles() }
        let reveal = RevealEntry(taskID: log.task.taskID, lambda: CreditWeights.encode(lambda), salt: salt)
        if when == .before { log.log(.reveal(reveal)) }
        try log.logHonestBatch([try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])])
        if when == .after { log.log(.reveal(reveal)) }
        try log.publish()
        return try #require(
            try await Auditor(source: log.source, policy: log.policy).closedBatches(of: log.task.taskID).first)
    }

    @Test func lambdaThatIsRevealedAfterTheCloseGivesCredit() async throws {
        let batch = try await batch(.after)
        #expect(!batch.isExposed)
        let reveal = try #require(batch.reveal)
        #expect(try CreditWeights(lambda: Self.lambda, salt: reveal.salt, task: batch.task).lambda == Self.lambda)
        #expect(reveal.lambdaHash == CreditWeights.hash(Self.lambda))
    }

    @Test func lambdaThatWasKnownBeforeTheCloseGivesNone() async throws {
        #expect(try await batch(.before).isExposed)
    }

    @Test func anotherLambdaIsNoReveal() async throws {
        #expect(try await batch(.never).reveal == nil)
        for batch in [
            try await batch(.before, lambda: [3, -2, 6]), try await batch(.before, salt: []),
            try await batch(.before, salt: [UInt8](repeating: 6, count: 32)),
        ] {
            #expect(batch.reveal == nil && !batch.isExposed)
        }
    }
}
