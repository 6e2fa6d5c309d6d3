import DAP
import Datastore
import Hummingbird
import TransparencyLog

/// `POST /cairn/checkpoints`: anybody may show a node a checkpoint of its log, as wallets do with the newest that they have.
///
/// If the node's own key is on it and its memory does not extend it, the node was restored from a backup and stops. That
/// is what protects contributors where leader and helper were restored together and no other witness remembers. A
/// stranger cannot stop a node: only a checkpoint that its key has signed counts, and that it remembers, if it remembers all.
package struct ShownCheckpoints: Sendable {
    let context: NodeContext

    package init(context: NodeContext) {
        self.context = context
    }

    package func addRoutes(to routes: inout RouteTable) {
        routes.post("/cairn/checkpoints") { request, _ in
            let body = try await request.bytes(upTo: BodyLimit.small)
            let checkpoint: SignedCheckpoint
            do throws(CheckpointError) { checkpoint = try SignedCheckpoint(parsing: body) } catch {
                throw NodeError.dap(.invalidMessage, "A signed checkpoint is expected: \(error).")
            }
            try await examine(checkpoint)
            return .empty()
        }
    }

    /// Compares a checkpoint with what the node remembers, and stops the node where that is older.
    func examine(_ checkpoint: SignedCheckpoint) async throws {
        let (own, latest) = try await memory(of: checkpoint.checkpoint.origin)
        guard let contradiction = own.contradiction(of: checkpoint, to: latest) else {
            guard let latest, checkpoint.checkpoint.size < latest.size, own.isSigned(checkpoint),
                // What cannot be read now proves nothing.
                let root = try? await reader(of: latest).root(size: checkpoint.checkpoint.size),
                root != checkpoint.checkpoint.root
            else { return }
            return try await stop(
                "a checkpoint of \(checkpoint.checkpoint.origin) over \(checkpoint.checkpoint.size) entries carries its key's "
                    + "signature, and the log as it knows it does not extend that")
        }
        try await stop(contradiction)
    }

    private func stop(_ reason: String) async throws {
        await context.halt.halt(reason)
        throw NodeError.unavailable("This node is stopped: \(reason).", retryAfter: 600)
    }

    /// The key under which this node signs checkpoints of a log, and the largest tree that it knows.
    private func memory(of origin: String) async throws -> (OwnCheckpoint, TreeHead?) {
        switch context.keys.note {
        case .log(let signer):
            // A checkpoint is stored before it leaves, so the largest stored one is the largest that there is.
            let latest = try await context.store.largestCheckpoint().map { TreeHead(size: $0.size, root: $0.root) }
            return (OwnCheckpoint(key: signer.verifier), latest)
        case .witness(let cosigner):
            let latest = try await context.store.witnessedLog(origin: origin)?.latest
            return (OwnCheckpoint(key: cosigner.verifier), latest.map { TreeHead(size: $0.size, root: $0.root) })
        }
    }

    private func reader(of latest: TreeHead) -> LogReader {
        switch context.keys.note {
        case .log:
            LogReader(source: DirectoryTileSource(directory: context.configuration.logDirectory), head: latest)
        case .witness: LogReader(source: context.peer.log, head: latest)
        }
    }
}
