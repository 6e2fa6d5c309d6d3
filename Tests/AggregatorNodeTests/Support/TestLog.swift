import AggregatorNode
import DAP
import TransparencyLog

/// The leader's log, as an honest leader keeps it: entries in a folder of tiles, checkpoints cosigned by the helper's
/// witness.
actor TestLog {
    private let directory: String
    private let signer: NoteSigner
    private let policy: LogPolicy?
    private var entries: [[UInt8]] = []
    private var cosigned = 0

    init(directory: String, signer: NoteSigner, witness policy: LogPolicy?) throws {
        self.directory = directory
        self.signer = signer
        self.policy = policy
    }

    var size: UInt64 { UInt64(entries.count) }

    func append(_ new: [[UInt8]]) { entries += new }

    /// Writes the tiles, has the helper cosign their tree and publishes the checkpoint.
    ///
    /// - Returns: the tree's size.
    @discardableResult
    func flush(_ client: TestClient) async throws -> UInt64 {
        var writer = try TileWriter(directory: directory)
        let head = try writer.append(entries: Array(entries[Int(writer.head.size)...]), startingAt: writer.head.size)
        let hashes = entries.map { MerkleTree.leafHash($0) }
        var checkpoint = try SignedCheckpoint(
            Checkpoint(origin: signer.verifier.name, size: head.size, root: head.root), signedBy: signer)
        let proof =
            cosigned == 0 || cosigned == entries.count
            ? [] : try MerkleTree.consistencyProof(from: UInt64(cosigned), leafHashes: hashes)
        let request = AddCheckpointRequest(oldSize: UInt64(cosigned), proof: proof, checkpoint: checkpoint)
        let answer = try await client.send("POST", "/witness/add-checkpoint", body: request.serialized())
        guard answer.status == 200 else { throw PeerError.unreachable(url: "witness", reason: answer.text) }
        try checkpoint.append(NoteSignature(line: answer.body))
        try writer.publish(checkpoint)
        cosigned = entries.count
        return head.size
    }
}

/// A log that serves other bytes than it should at some paths.
struct TamperingSource: TileSource {
    let honest: any TileSource
    let isTampered: @Sendable (String) -> Bool

    func tile(path: String) async throws -> [UInt8] {
        var bytes = try await honest.tile(path: path)
        if isTampered(path), !bytes.isEmpty { bytes[bytes.count - 1] ^= 1 }
        return bytes
    }
}
