import DAP
import Ledger
import Tasks
import TransparencyLog

/// A small log with a signed and cosigned checkpoint, its policy, and its files, all from fixed seeds.
struct SampleLog: Sendable {
    let signer: NoteSigner
    let witness: Cosigner
    let policyText: String
    let policy: LogPolicy
    let entries: [[UInt8]]
    let checkpoint: SignedCheckpoint
    /// A receipt of the last entry.
    let receipt: TlogProof

    /// More than the 256 of a full tile, so that there are full and partial files.
    static let entryCount = 260

    static let shared = required { try SampleLog() }

    private init() throws {
        var generator = SeededGenerator(seed: 7)
        signer = try NoteSigner(name: "example.org/log", seed: generator.bytes(32))
        witness = try Cosigner(name: "example.org/helper", seed: generator.bytes(32))
        policyText = """
            # a comment
            log \(signer.verifier.vkey) https://log.example/
            witness helper \(witness.verifier.vkey)
            group both all helper
            quorum both

            """
        policy = try LogPolicy(parsing: Array(policyText.utf8))
        let taskID = TaskID.random(using: &generator)
        let reportID = ReportID.random(using: &generator)
        let commitments = [generator.bytes(32), generator.bytes(32)]
        let claim = try ClaimKey.make(
            seed: generator.bytes(32), taskID: taskID, reportID: reportID, commitments: commitments)
        let report = LedgerEntry.report(
            ReportEntry(
                taskID: taskID, batchID: nil,
                metadata: ReportMetadata(reportID: reportID, time: 3, publicExtensions: [claim.reportExtension]),
                leaderCommitment: commitments[0], helperCommitment: commitments[1])
        ).encoded()
        entries = (1..<Self.entryCount).map { [UInt8(truncatingIfNeeded: $0)] } + [report]
        let hashes = entries.map { MerkleTree.leafHash($0) }
        let signed = try Checkpoint(
            origin: signer.verifier.name, size: UInt64(entries.count), root: MerkleTree.root(leafHashes: hashes))
        var checkpoint = try SignedCheckpoint(signed, signedBy: signer)
        try checkpoint.append(try witness.cosign(signed, timestamp: 1_800_000_000))
        self.checkpoint = checkpoint
        // The last entry of 260 = 256 + 4: its sibling, the pair before, the full tile.
        receipt = Receipt.make(
            entry: report, index: UInt64(entries.count - 1),
            inclusionProof: [
                hashes[258], MerkleTree.root(leafHashes: Array(hashes[256..<258])),
                MerkleTree.root(leafHashes: Array(hashes[..<256])),
            ], checkpoint: checkpoint)
    }
}
