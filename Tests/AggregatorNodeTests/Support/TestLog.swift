import AggregatorNode
import Crypto
import DAP
import Foundation
import TransparencyLog

/// The leader's log, as an honest leader keeps it: entries in a folder of tiles, checkpoints cosigned by the helper's
/// witness.
actor TestLog {
    private let directory: String
    private let signer: NoteSigner
    private let clock: Cosigner
    /// The time that the leader states; nil for none.
    private var leaderTime: UInt64? = HelperFixture.now
    private var entries: [[UInt8]]
    private var cosigned = 0
    /// An honest witness of somebody else, and the largest tree that it has cosigned.
    private let independent: Cosigner?
    private var seenByIndependent: TreeHead = .empty

    /// - Parameters:
    ///   - leader: the leader's statement key.
    ///   - entries: what the log begins with.
    init(
        directory: String, signer: NoteSigner, leader: Curve25519.Signing.PrivateKey, independent: Cosigner? = nil,
        entries: [[UInt8]]
    ) throws {
        self.independent = independent
        self.directory = directory
        self.signer = signer
        clock = try Cosigner(name: signer.verifier.name, seed: Array(leader.rawRepresentation))
        self.entries = entries
    }

    func state(_ time: UInt64?) { leaderTime = time }

    /// Forgets entries from the end and all that was published, as a leader does that shows another history to a helper
    /// which remembers no more than `witnessed` entries.
    func rewind(to size: Int, witnessed: Int) throws {
        entries.removeLast(entries.count - size)
        cosigned = witnessed
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
        }
    }

    var size: UInt64 { UInt64(entries.count) }

    func append(_ new: [[UInt8]]) { entries += new }

    /// Writes the tiles, has the helper cosign their tree and publishes the checkpoint.
    ///
    /// - Parameter witnessed: how much the helper remembers, if that is not what it cosigned last.
    /// - Returns: the tree's size.
    @discardableResult
    func flush(_ client: TestClient, witnessed: Int? = nil) async throws -> UInt64 {
        cosigned = witnessed ?? cosigned
        var writer = try TileWriter(directory: directory)
        let head = try writer.append(entries: Array(entries[Int(writer.head.size)...]), startingAt: writer.head.size)
        let hashes = entries.map { MerkleTree.leafHash($0) }
        var checkpoint = try SignedCheckpoint(
            Checkpoint(origin: signer.verifier.name, size: head.size, root: head.root), signedBy: signer)
        if let leaderTime {
            try checkpoint.append(try clock.cosign(checkpoint.checkpoint, timestamp: leaderTime))
        }
        let proof =
            cosigned == 0 || cosigned == entries.count
            ? [] : try MerkleTree.consistencyProof(from: UInt64(cosigned), leafHashes: hashes)
        let request = AddCheckpointRequest(oldSize: UInt64(cosigned), proof: proof, checkpoint: checkpoint)
        let answer = try await client.send("POST", "/witness/add-checkpoint", body: request.serialized())
        guard answer.status == 200 else { throw PeerError.unreachable(url: "witness", reason: answer.text) }
        try checkpoint.append(NoteSignature(line: answer.body))
        let seen = seenByIndependent
        if let independent, seen.size <= head.size,
            seen.size == 0 || MerkleTree.root(leafHashes: Array(hashes.prefix(Int(seen.size)))) == seen.root
        {
            seenByIndependent = head
            try checkpoint.append(try independent.cosign(checkpoint.checkpoint, timestamp: HelperFixture.now))
        }
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
