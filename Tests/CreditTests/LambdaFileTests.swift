import Credit
import Ledger
import LedgerFixtures
import Testing

/// Where λ comes from, and what is said where there is none.
@Suite struct LambdaFileTests {
    private func parse(_ text: String) throws(LambdaError) -> LambdaFile {
        try LambdaFile(json: Array(text.utf8), named: "l.json")
    }

    @Test func aFileIsReadAsItWasWritten() throws {
        for file in [
            LambdaFile(lambda: [3, -2, .min]), LambdaFile(lambda: [], salt: [UInt8](repeating: 255, count: 32)),
        ] {
            #expect(try LambdaFile(json: file.json(), named: "") == file)
        }
        #expect(
            String(decoding: LambdaFile(lambda: [1, -2]).json(), as: UTF8.self)
                == #"{"cairn_lambda":1,"lambda":[1,-2]}"# + "\n")
        #expect(try parse("[1, -2]") == LambdaFile(lambda: [1, -2]))
    }

    @Test func whatHoldsNoLambdaIsRefusedByName() {
        for text in [
            "", "{}", "[1.5]", "[9223372036854775808]", #"{"cairn_lambda": 2, "lambda": [1]}"#,
            #"{"cairn_lambda": 1, "lambda": [1], "salt": "zz"}"#, #"{"cairn_lambda": 1}"#,
        ] {
            #expect(throws: LambdaError.notALambdaFile("l.json")) { try parse(text) }
        }
    }

    /// Missing is not false: whoever judges a claim then cannot find out.
    @Test func withoutLambdaNothingIsSaidAboutAClaim() async throws {
        let fixture = try await ClaimFixture(inputs: [[1, 2], [3, 4]], lambda: [5, 6])
        defer { fixture.log.removeFiles() }
        let evidence = try fixture.verifier.evidence(of: try fixture.claim(.exactly(17), [0]))
        var finder = LambdaFinder(files: [LambdaFile(lambda: [5, 7])], log: nil)
        await #expect(throws: LambdaError.missing(fixture.log.task.taskID)) { try await finder.weights(of: evidence) }
        finder = LambdaFinder(files: [LambdaFile(lambda: [5, 7]), LambdaFile(lambda: [5, 6])], log: nil)
        #expect(try await finder.weights(of: evidence).compactMap { $0 }.count == 1)

        // As a blob of the log it needs no file.
        var log = fixture.log
        log.blobs.append(CreditWeights.encode([5, 6]))
        try log.publish()
        finder = LambdaFinder(files: [], log: Auditor(source: log.source, policy: log.policy))
        #expect(try await finder.weights(of: evidence).compactMap { $0 }.count == 1)
    }

    @Test func theTotalOfABatchFollowsFromItsResult() async throws {
        let fixture = try await ClaimFixture(inputs: [[1, 2], [3, 4]], lambda: [5, 6])
        defer { fixture.log.removeFiles() }
        let log = Auditor(source: fixture.log.source, policy: fixture.log.policy)
        var finder = LambdaFinder(files: [LambdaFile(lambda: [5, 6])], log: log)
        #expect(try await finder.total(of: fixture.batch, task: fixture.log.task) == 5 * 4 + 6 * 6)

        let unit = try await ClaimFixture(inputs: [[1, 2], [3, 4]])
        defer { unit.log.removeFiles() }
        var none = LambdaFinder(files: [], log: nil)
        #expect(try await none.total(of: unit.batch, task: unit.log.task) == 2)
    }
}
