import Crypto
import DAP
import Encodings
import Ledger
import Tasks
import Testing
import TransparencyLog

/// `Protocols/vectors/log-entries.json`.
@Suite struct LedgerVectorTests {
    private struct Vectors: Encodable {
        var leaderSeed: String
        var helperSeed: String
        var ownerSeed: String
        var entries: [Entry]
        /// A task whose owner has signed it, with the same collector: not among the entries of the log.
        var signedTask: Entry
        var signedTaskSignedBytes: String
        var logRoot: String
        var batchRoot: String
        var closeSignedBytes: String
        var leaderStatementSignedBytes: String
        var payoutTable: String
        /// A promise about the three reports, and the file of the second.
        var promise: String
        var heldPromise: String
        /// The same file as version 1 wrote it.
        var heldPromiseV1: String
    }

    private struct Entry: Encodable {
        var type: String
        var entry: String
        var leafHash: String
    }

    @Test func ledgerVectorsAreWhatTheCodeDerives() throws {
        let leader = try Curve25519.Signing.PrivateKey(rawRepresentation: counting(32, from: 11))
        let helper = try Curve25519.Signing.PrivateKey(rawRepresentation: counting(32, from: 22))
        let owner = try Curve25519.Signing.PrivateKey(rawRepresentation: counting(32, from: 33))
        let configuration = try TaskVectorTests.committedTask()
        let taskID = configuration.taskID
        let batchID = try #require(BatchID(counting(32, from: 5)))
        let selector = BatchSelector.leaderSelected(batchID)

        let reports = try (UInt8(0)..<3).map { index in
            let reportID = try #require(ReportID(counting(16, from: 16 * index)))
            let commitments = [counting(32, from: 3 * index), counting(32, from: 100 + 3 * index)]
            let claim = try ClaimKey.make(
                seed: counting(32, from: 7), taskID: taskID, reportID: reportID, commitments: commitments)
            return LedgerEntry.report(
                ReportEntry(
                    taskID: taskID, batchID: batchID,
                    metadata: ReportMetadata(
                        reportID: reportID, time: 491_001,
                        publicExtensions: [claim.reportExtension]),
                    leaderCommitment: commitments[0], helperCommitment: commitments[1]))
        }
        let dropped = try #require(ReportID(counting(16, from: 32)))
        var root = BatchRoot()
        for report in reports.dropLast() { root.append(entry: report.encoded()) }
        let terms = CloseEntry.Terms(taskID: taskID, selector: selector, root: root.root, count: root.count)
        let statements = BatchEntry(
            leader: try Statement(role: .leader, terms: terms, shareHash: counting(32, from: 50), key: leader),
            helper: try Statement(role: .helper, terms: terms, shareHash: counting(32, from: 60), key: helper))

        let table = try #require(
            PayoutTable(
                taskID: taskID, pool: 1000, unit: Array("EUR".utf8),
                shares: [
                    PayoutTable.Share(
                        claimHash: counting(32, from: 180), credit: 1, recipient: Array("account 2".utf8)),
                    PayoutTable.Share(
                        claimHash: counting(32, from: 140), credit: 2, recipient: Array("account 1".utf8)),
                ]))

        let entries: [(String, LedgerEntry)] =
            [
                (
                    "task",
                    .task(
                        TaskEntry(configuration: configuration.encoding, collectorHpkeConfig: counting(41, from: 1)))
                ),
                (
                    "round",
                    .round(
                        try RoundEntry(
                            taskID: taskID, runID: Array("run 1".utf8), round: 0, modelHash: counting(32, from: 160),
                            owner: owner))
                ),
            ] + reports.map { ("report", $0) } + [
                (
                    "rejected",
                    .rejected(
                        try RejectedEntry(
                            taskID: taskID, reportID: dropped, role: .helper, error: .reportDropped, key: helper))
                ),
                (
                    "close",
                    .close(
                        CloseEntry(
                            terms: terms, leaderSignature: try terms.sign(with: leader),
                            helperSignature: try terms.sign(with: helper)))
                ),
                ("batch", .batch(statements)),
                (
                    "model",
                    .model(
                        try ModelEntry(
                            taskID: taskID, selector: selector, resultHash: counting(32, from: 70),
                            previousModelHash: counting(32, from: 160), modelHash: counting(32, from: 90),
                            owner: owner))
                ),
                (
                    "withdrawal",
                    .withdrawal(
                        try WithdrawalEntry(
                            taskID: taskID, reportID: dropped,
                            key: ClaimKey.derive(seed: counting(32, from: 7), taskID: taskID, reportID: dropped)))
                ),
                ("payout", .payout(try PayoutEntry(table: table, owner: owner))),
                (
                    "reveal",
                    .reveal(
                        RevealEntry(taskID: taskID, lambda: counting(24, from: 1), salt: counting(32, from: 120)))
                ),
            ]
        let promised = reports.compactMap { entry in
            if case .report(let report) = entry { report.withoutBatch } else { nil }
        }
        let promise = try UploadPromise(
            entries: promised, taskID: taskID, deadline: 1_767_700_000, origin: "leader.example/log", key: leader)
        let held = try promise.held(for: promised, configuration: configuration.encoding)[1].serialized()
        let lines = String(decoding: held, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let heldV1 = (["cairn promise v1"] + lines.dropFirst(2)).joined(separator: "\n")
        #expect(try HeldPromise(parsing: Array(heldV1.utf8)).serialized() == Array(heldV1.utf8))
        let ownedTask = try TaskVectorTests.committedTask(ownerKey: Array(owner.publicKey.rawRepresentation))
        let signedTask = LedgerEntry.task(
            TaskEntry(
                configuration: ownedTask.encoding, collectorHpkeConfig: counting(41, from: 1),
                ownerSignature: try TaskOwnerSignature.sign(taskID: ownedTask.taskID, with: owner)))
        let leafHashes = entries.map { MerkleTree.leafHash($0.1.encoded()) }
        try VectorFile.check(
            "log-entries.json",
            Vectors(
                leaderSeed: Hex.encode(counting(32, from: 11)), helperSeed: Hex.encode(counting(32, from: 22)),
                ownerSeed: Hex.encode(counting(32, from: 33)),
                entries: zip(entries, leafHashes).map { entry, hash in
                    Entry(type: entry.0, entry: Hex.encode(entry.1.encoded()), leafHash: Hex.encode(hash))
                },
                signedTask: Entry(
                    type: "task", entry: Hex.encode(signedTask.encoded()),
                    leafHash: Hex.encode(MerkleTree.leafHash(signedTask.encoded()))),
                signedTaskSignedBytes: Hex.encode(TaskOwnerSignature.signedBytes(taskID: ownedTask.taskID)),
                logRoot: Hex.encode(MerkleTree.root(leafHashes: leafHashes)), batchRoot: Hex.encode(root.root),
                closeSignedBytes: Hex.encode(terms.signedBytes()),
                leaderStatementSignedBytes: Hex.encode(statements.leader.signedBytes()),
                payoutTable: Hex.encode(table.encoded()),
                promise: String(decoding: promise.note.serialized(), as: UTF8.self),
                heldPromise: String(decoding: held, as: UTF8.self), heldPromiseV1: heldV1))
    }
}
