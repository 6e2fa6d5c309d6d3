import Datastore
import TransparencyLog

/// Asks the helper's witness to cosign checkpoints (C2SP tlog-witness).
///
/// The witness cosigns only what extends the tree that it cosigned last, so each request proves that. Which tree that
/// was we remember, and where we are wrong the witness says so (409).
actor WitnessClient {
    private let context: NodeContext
    private var witnessedSize: UInt64?

    private static let contentType = "text/plain; charset=utf-8"

    init(context: NodeContext) {
        self.context = context
    }

    /// The checkpoint with the cosignatures that the helper's node gives for the policies' witnesses.
    func cosigned(_ checkpoint: SignedCheckpoint, policies: [LogPolicy]) async throws -> SignedCheckpoint {
        let known = Array(Set(policies.flatMap { $0.witnesses.map(\.verifier) }))
        guard !known.isEmpty else { return checkpoint }
        let head = checkpoint.checkpoint.head
        var oldSize = min(try await lastWitnessed(), head.size)
        // One conflict corrects our memory; another could only come from a race with a second log keeper.
        for _ in 0..<3 {
            let response = try await ask(checkpoint, oldSize: oldSize)
            switch try WitnessResponse(
                status: response.status, body: response.body, checkpoint: checkpoint, witnesses: known)
            {
            case .cosigned(let signatures):
                var cosigned = checkpoint
                for verified in signatures { try cosigned.append(verified.signature) }
                witnessedSize = head.size
                return cosigned
            case .conflict(let latest):
                guard latest <= head.size else {
                    throw LogKeeperError.witnessAhead(witness: latest, own: head.size)
                }
                oldSize = latest
            case .refused(let status, let message):
                throw LogKeeperError.witnessRefused("status \(status): \(message)")
            }
        }
        throw LogKeeperError.witnessRefused("it keeps naming another size")
    }

    private func lastWitnessed() async throws -> UInt64 {
        if let witnessedSize { return witnessedSize }
        return try await context.store.cosignedCheckpoints(covering: 0, limit: 1).first?.size ?? 0
    }

    private func ask(_ checkpoint: SignedCheckpoint, oldSize: UInt64) async throws -> PeerResponse {
        let head = checkpoint.checkpoint.head
        var proof: [[UInt8]] = []
        if oldSize > 0, oldSize < head.size {
            let tiles = DirectoryTileSource(directory: context.configuration.logDirectory)
            proof = try await LogReader(source: tiles, head: head).consistencyProof(from: oldSize)
        }
        let request = AddCheckpointRequest(oldSize: oldSize, proof: proof, checkpoint: checkpoint)
        do {
            return try await context.peer.send(
                .post, context.peer.baseURL.appending("witness/add-checkpoint"), body: request.serialized(),
                contentType: Self.contentType, authenticated: false, maxResponseBytes: 64 << 10,
                deadline: .seconds(20))
        } catch .cancelled {
            throw CancellationError()
        } catch {
            throw LogKeeperError.witnessRefused(error.description)
        }
    }
}
