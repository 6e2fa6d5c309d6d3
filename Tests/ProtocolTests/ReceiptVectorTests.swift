import Crypto
import DAP
import Encodings
import Ledger
import Tasks
import Testing
import TransparencyLog

/// `Protocols/vectors/receipts.json`: a receipt that holds, and some that do not, each with the check that refuses it.
@Suite struct ReceiptVectorTests {
    private struct Vectors: Encodable {
        var policy: String
        var entry: String
        var receipt: String
        var refused: [Refused]
    }

    private struct Refused: Encodable {
        var check: String
        var comment: String
        var receipt: String
    }

    private static func report(_ index: UInt8, task: TaskID) throws -> [UInt8] {
        let id = try #require(ReportID(counting(16, from: 16 * index)))
        let batch = try #require(BatchID(counting(32, from: 5)))
        let commitments = [counting(32, from: 3 * index), counting(32, from: 100 + 3 * index)]
        let claim = try ClaimKey.make(
            seed: counting(32, from: 7), taskID: task, reportID: id, commitments: commitments)
        return LedgerEntry.report(
            ReportEntry(
                taskID: task, batchID: batch,
                metadata: ReportMetadata(reportID: id, time: 491_001, publicExtensions: [claim.reportExtension]),
                leaderCommitment: commitments[0], helperCommitment: commitments[1])
        ).encoded()
    }

    @Test func receiptVectorsAreWhatTheCodeDerives() throws {
        let task = try TaskVectorTests.committedTask().taskID
        let log = try NoteSigner(name: "leader.example/log", seed: counting(32, from: 11))
        let witness = try Cosigner(name: "witness.example/w", seed: counting(32, from: 44))
        let policyText = """
            log \(log.verifier.vkey)
            witness w \(witness.verifier.vkey)
            quorum w

            """
        let policy = try LogPolicy(parsing: Array(policyText.utf8))
        var entries = try (0..<5).map { try Self.report($0, task: task) }
        entries[4][entries[4].count - 1] ^= 1
        let hashes = entries.map { MerkleTree.leafHash($0) }
        let rows = MerkleRows(leafHashes: hashes)
        let checkpoint = try Checkpoint(
            origin: log.verifier.name, size: UInt64(entries.count), root: MerkleTree.root(leafHashes: hashes))
        let alone = try SignedCheckpoint(checkpoint, signedBy: log)
        var signed = alone
        try signed.append(try witness.cosign(checkpoint, timestamp: 1_800_000_000))

        func receipt(_ entry: [UInt8], _ index: Int, _ checkpoint: SignedCheckpoint) throws -> [UInt8] {
            Receipt.make(
                entry: entry, index: UInt64(index), inclusionProof: try rows.inclusionProof(index: UInt64(index)),
                checkpoint: checkpoint
            ).serialized()
        }
        let valid = try receipt(entries[2], 2, signed)
        #expect(Receipt.verify(file: valid, policy: policy).isValid)
        let refused: [(ReceiptReport.Check, String, [UInt8])] = [
            (.format, "cut off behind the index", Array(valid.prefix(valid.count / 3))),
            (.entry, "one byte behind the entry", try receipt(entries[2] + [0], 2, signed)),
            (.log, "another report at its place", try receipt(entries[1], 2, signed)),
            (.log, "another place", try receipt(entries[2], 3, signed)),
            (.log, "no witness has cosigned", try receipt(entries[2], 2, alone)),
            (.claimKey, "a commitment that the claim key did not sign", try receipt(entries[4], 4, signed)),
        ]
        for (check, comment, file) in refused {
            #expect(Receipt.verify(file: file, policy: policy).failure?.check == check, "\(comment)")
        }
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        try VectorFile.check(
            "receipts.json",
            Vectors(
                policy: policyText, entry: Hex.encode(entries[2]), receipt: text(valid),
                refused: refused.map { Refused(check: $0.0.rawValue, comment: $0.1, receipt: text($0.2)) }))
    }
}
