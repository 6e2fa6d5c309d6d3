import Crypto
import DAP
import Foundation
import Ledger
import Testing

@Suite struct EntryTests {
    private static let key = Curve25519.Signing.PrivateKey()

    private static func hash(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

    /// One entry of every type.
    static func samples() throws -> [LedgerEntry] {
        let taskID = TaskID.random()
        let terms = CloseEntry.Terms(
            taskID: taskID, selector: BatchScope.interval(Interval(start: 10, duration: 2)).selector, root: hash(1),
            count: 3)
        return [
            .task(TaskEntry(configuration: [1, 2, 3], collectorHpkeConfig: [4])),
            .round(try RoundEntry(taskID: taskID, runID: [9, 9], round: 4, modelHash: hash(2), owner: key)),
            .report(
                ReportEntry(
                    taskID: taskID, batchID: nil,
                    metadata: ReportMetadata(reportID: .random(), time: 11, publicExtensions: []),
                    leaderCommitment: hash(3), helperCommitment: hash(4))),
            .report(
                ReportEntry(
                    taskID: taskID, batchID: .random(),
                    metadata: ReportMetadata(
                        reportID: .random(), time: 11, publicExtensions: [Extension(type: 0xFF00, data: [1, 2, 3])]),
                    leaderCommitment: hash(5), helperCommitment: hash(6))),
            .rejected(
                try RejectedEntry(taskID: taskID, reportID: .random(), role: .helper, error: .reportDropped, key: key)),
            .withdrawal(try WithdrawalEntry(taskID: taskID, reportID: .random(), key: key)),
            .close(
                CloseEntry(
                    terms: terms, leaderSignature: try terms.sign(with: key), helperSignature: try terms.sign(with: key)
                )),
            .batch(
                BatchEntry(
                    leader: try Statement(role: .leader, terms: terms, shareHash: hash(7), key: key),
                    helper: try Statement(role: .helper, terms: terms, shareHash: hash(8), key: key))),
            .model(
                try ModelEntry(
                    taskID: taskID, selector: terms.selector, resultHash: hash(9), previousModelHash: hash(10),
                    modelHash: hash(11), owner: key)),
            .payout(
                try PayoutEntry(
                    table: try #require(
                        PayoutTable(
                            taskID: taskID, pool: 1000, unit: [1],
                            shares: [PayoutTable.Share(claimHash: hash(12), credit: 3, recipient: [2])])),
                    owner: key)),
            .reveal(RevealEntry(taskID: taskID, lambda: [1, 2, 3], salt: hash(13))),
            .reveal(RevealEntry(taskID: taskID, lambda: [1, 2, 3], salt: [])),
            .unknown(type: 999, body: [1, 2, 3]),
        ]
    }

    @Test func everyTypeHasASampleAndStandsOnThePage() throws {
        let page = try String(
            contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../Protocols/log-entries.md").standardizedFileURL, encoding: .utf8)
        let samples = Set(try Self.samples().compactMap { $0.body.map { type(of: $0).type } })
        for type in LedgerEntry.EntryType.allCases {
            #expect(samples.contains(type), "\(type)")
            #expect(page.contains("\n| \(type.rawValue) | `\(type)` | "), "the page has no row for \(type)")
        }
    }

    @Test func everyEntryDecodesToItself() throws {
        for entry in try Self.samples() {
            #expect(try LedgerEntry(decoding: entry.encoded()) == entry)
        }
    }

    @Test func everyTruncationAndEveryExtraByteIsRefused() throws {
        for entry in try Self.samples() {
            if case .unknown = entry { continue }
            let bytes = entry.encoded()
            for length in 0..<bytes.count {
                #expect(throws: CodecError.self) { try LedgerEntry(decoding: Array(bytes.prefix(length))) }
            }
            #expect(throws: CodecError.self) { try LedgerEntry(decoding: bytes + [0]) }
        }
    }

    @Test func randomBytesNeverDecodeToOtherThanTheirOwnEncoding() throws {
        var generator = SystemRandomNumberGenerator()
        for sample in try Self.samples() {
            var bytes = sample.encoded()
            for _ in 0..<200 {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[position] = UInt8.random(in: 0...255, using: &generator)
                guard let entry = try? LedgerEntry(decoding: bytes) else { continue }
                #expect(entry.encoded() == bytes)
            }
        }
    }

    @Test func noSigningLabelIsAPrefixOfAnother() {
        let labels =
            SigningLabel.allCases.map(\.rawValue) + ["Cairn v1 claim key", "Cairn v1 claim seed", "Cairn v1 task"]
        for label in labels {
            for other in labels where other != label { #expect(!other.hasPrefix(label)) }
        }
    }

    @Test func signatureForOnePurposeIsNoneForAnother() throws {
        let terms = CloseEntry.Terms(
            taskID: .random(), selector: BatchScope.batch(.random()).selector, root: Self.hash(1), count: 3)
        let statement = try Statement(role: .leader, terms: terms, shareHash: Self.hash(2), key: Self.key)
        let publicKey = Array(Self.key.publicKey.rawRepresentation)
        #expect(statement.isSigned(by: publicKey))
        #expect(!LedgerSignature.isValid(statement.signature, over: terms.signedBytes(), by: publicKey))
        var asHelper = statement
        asHelper.role = .helper
        #expect(!asHelper.isSigned(by: publicKey))
    }
}
