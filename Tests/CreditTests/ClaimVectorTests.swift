import Credit
import Encodings
import Foundation
import LedgerFixtures
import Tasks
import Testing
import TransparencyLog

/// `Protocols/vectors/credit.json`: claims that were made once and must verify for ever.
///
/// `CAIRN_WRITE_VECTORS=1` makes the file where there is none; it never rewrites one. A change of format takes another
/// magic and new entries. (It was made anew when claims came to need the leader's time on their checkpoint: claims from
/// before are refused, with that reason.)
@Suite struct ClaimVectorTests {
    private struct Vectors: Codable {
        /// The log policy, as text.
        var policy: String
        var claims: [Claim]
    }

    private struct Claim: Codable {
        var name: String
        /// nil for unit credit.
        var lambda: [Int64]?
        var audience: String
        var statement: String
        /// Hex of the file.
        var claim: String
    }

    private static let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Protocols/vectors/credit.json").standardizedFileURL

    private static func make() async throws {
        let inputs = ClaimTests.inputs
        var vectors = Vectors(policy: "", claims: [])
        let logKeys = try LogFixture()
        defer { logKeys.removeFiles() }
        for (name, lambda, encoding, statement, reports) in [
            ("exact", [3, -2, 7], nil, CreditStatement.exactly(20), [0]),
            ("at least", [3, -2, 7], nil, .atLeast(600), [2]),
            ("between", [3, -2, 7], nil, .between(300...400), [1]),
            ("exact total", [3, -2, 7], nil, .exactly(969), [0, 1, 2]),
            ("offset encoding", [10, 1, -3], NumericEncoding(bits: 7, bound: 1), .atLeast(-5000), [3, 0]),
            ("unit", nil, nil, .exactly(4), [0, 1, 2, 3]),
        ] as [(String, [Int64]?, NumericEncoding?, CreditStatement, [Int])] {
            let fixture = try await ClaimFixture(
                inputs: inputs, lambda: lambda, encoding: encoding, maxMeasurement: encoding == nil ? 100 : 127,
                keys: logKeys)
            defer { fixture.log.removeFiles() }
            vectors.policy = fixture.log.policyText
            vectors.claims.append(
                Claim(
                    name: name, lambda: lambda, audience: ClaimFixture.context.audience, statement: "\(statement)",
                    claim: Hex.encode(try fixture.claim(statement, reports).encoded())))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try (encoder.encode(vectors) + Data("\n".utf8)).write(to: url)
    }

    @Test func claimsMadeOnceVerifyForEver() async throws {
        if !FileManager.default.fileExists(atPath: Self.url.path),
            ProcessInfo.processInfo.environment["CAIRN_WRITE_VECTORS"] == "1"
        {
            try await Self.make()
        }
        let vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: Self.url))
        #expect(vectors.claims.count >= 6)
        let policy = try LogPolicy(parsing: Array(vectors.policy.utf8))
        for vector in vectors.claims {
            let file = try #require(Hex.decode(vector.claim))
            func verify(_ file: [UInt8]) throws {
                let claim = try CreditClaim(file: file)
                #expect(claim.encoded() == file && "\(claim.statement)" == vector.statement)
                let tasks = try claim.batches.map { try TaskConfiguration(decoding: $0.configuration).taskID }
                let verifier = ClaimVerifier(policy: policy, tasks: Set(tasks), audience: vector.audience)
                let evidence = try verifier.evidence(of: claim)
                let weights = try evidence.batches.map { batch in
                    try vector.lambda.map { try CreditWeights(lambda: $0, salt: nil, task: batch.task) }
                }
                try verifier.verify(ClaimVerifier.Checked(claim, evidence: evidence, weights: weights))
            }
            #expect(throws: Never.self, "\(vector.name)") { try verify(file) }
            var changed = file
            changed[changed.count / 2] ^= 1
            #expect(throws: (any Error).self, "\(vector.name)") { try verify(changed) }
        }
    }
}
