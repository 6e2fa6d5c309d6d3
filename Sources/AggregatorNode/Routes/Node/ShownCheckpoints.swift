import DAP
import Datastore
import Encodings
import Hummingbird
import NodeAPI
import TransparencyLog

/// `POST /cairn/checkpoints`: anybody may show a node a checkpoint of its log, as wallets do with the newest that they have.
///
/// If the node's own key is on it and its memory does not extend it, the node was restored from a backup and stops. That
/// is what protects contributors where leader and helper were restored together and no other witness remembers. A
/// stranger cannot stop a node: only a checkpoint that its key has signed counts, and that it remembers, if it remembers all.
///
/// Whether a checkpoint is larger than the node's memory is seen at once. Whether a smaller one is the beginning of what the
/// node remembers only the log's tiles tell, which a helper has to fetch from the leader, and anybody can send old
/// checkpoints all day: ``TileReadings`` bounds what that costs.
package struct ShownCheckpoints: Sendable {
    let context: NodeContext
    /// Of tiles on the own disk, of the log that this node keeps.
    private let ownReadings = TileReadings(pause: .zero)
    /// Of logs that it witnesses.
    private let otherReadings = TileReadings(pause: .seconds(1))

    package init(context: NodeContext) {
        self.context = context
    }

    package func addRoutes(to routes: inout RouteTable) {
        routes.add(API.checkpoints) { request, _ in
            let body = try await request.bytes(of: API.checkpoints)
            let checkpoint: SignedCheckpoint
            do throws(CheckpointError) { checkpoint = try SignedCheckpoint(parsing: body) } catch {
                throw NodeError.dap(.invalidMessage, "A signed checkpoint is expected: \(error).")
            }
            try await examine(checkpoint)
            return .empty()
        }
    }

    /// Compares a checkpoint with what the node remembers, and stops the node where that is older.
    ///
    /// - Throws: `NodeError` 503 where the node is stopped, or reads tiles for somebody else's checkpoint just now.
    func examine(_ checkpoint: SignedCheckpoint) async throws {
        let shown = checkpoint.checkpoint
        guard let memory = try await memory(of: shown.origin) else { return }
        let (own, latest, readings) = (memory.key, memory.latest, memory.readings)
        if let contradiction = own.contradiction(of: checkpoint, to: latest) { try await stop(contradiction) }
        guard let latest, shown.size < latest.size else { return }
        let seen = TileReadings.Seen(origin: shown.origin, head: shown.head)
        guard await !readings.hasSeen(seen), own.isSigned(checkpoint) else { return }
        let reader = LogReader(source: memory.source, head: latest)
        // What cannot be read now proves nothing.
        guard let root = try await readings.read({ try? await reader.root(size: shown.size) }) else { return }
        guard root == shown.root else {
            try await stop(
                "a checkpoint of \(shown.origin) over \(shown.size) entries carries its key's signature, and the log as it "
                    + "knows it does not extend that")
            return
        }
        await readings.remember(seen)
    }

    private func stop(_ reason: String) async throws {
        await context.halt.halt(reason)
        throw NodeError.unavailable("This node is stopped: \(reason).", retryAfter: 600)
    }

    /// What this node knows of a log.
    private struct Memory {
        /// The key under which this node signs its checkpoints.
        let key: OwnCheckpoint
        /// The largest tree.
        let latest: TreeHead?
        let source: any TileSource
        let readings: TileReadings
    }

    /// - Returns: nil for a log that this node neither keeps nor witnesses.
    private func memory(of origin: String) async throws -> Memory? {
        if let signer = context.keys.log, ProtocolText.same(signer.verifier.name, origin) || context.keys.witness == nil
        {
            // A checkpoint is stored before it leaves, so the largest stored one is the largest that there is.
            let latest = try await context.store.largestCheckpoint()
            return Memory(
                key: OwnCheckpoint(key: signer.verifier),
                latest: latest.map { TreeHead(size: $0.size, root: $0.root) },
                source: DirectoryTileSource(directory: context.configuration.logDirectory), readings: ownReadings)
        }
        let leaders = context.peers.all(as: .helper)
        guard let cosigner = context.keys.witness,
            let leader = leaders.first(where: { ProtocolText.same($0.own.logOrigin, origin) }) ?? leaders.first
        else { return nil }
        let latest = try await context.store.witnessedLog(origin: origin)?.latest
        return Memory(
            key: OwnCheckpoint(key: cosigner.verifier),
            latest: latest.map { TreeHead(size: $0.size, root: $0.root) }, source: leader.client.log,
            readings: otherReadings)
    }
}

/// Reads tiles for one shown checkpoint at a time, not more often than a pause allows, and not twice for the same.
package actor TileReadings {
    /// A tree that a node has found to be the beginning of the one that it remembers. That stays true.
    package struct Seen: Sendable, Hashable {
        let origin: String
        let head: TreeHead

        package init(origin: String, head: TreeHead) {
            self.origin = origin
            self.head = head
        }
    }

    private let pause: Duration
    private var isReading = false
    private var last: ContinuousClock.Instant?
    /// The newest at the end.
    private var seen: [Seen] = []

    package static let mostSeen = 256

    package init(pause: Duration) {
        self.pause = pause
    }

    package func hasSeen(_ tree: Seen) -> Bool { seen.contains(tree) }

    package func remember(_ tree: Seen) {
        guard !seen.contains(tree) else { return }
        if seen.count == Self.mostSeen { seen.removeFirst() }
        seen.append(tree)
    }

    /// - Throws: `NodeError` 503 where it is not the caller's turn.
    package func read<Value: Sendable>(_ body: @Sendable () async -> Value) async throws(NodeError) -> Value {
        guard !isReading, last.map({ $0 + pause <= .now }) ?? true else {
            throw NodeError.unavailable("Another checkpoint is being compared with the log.", retryAfter: 1)
        }
        isReading = true
        let value = await body()
        isReading = false
        last = .now
        return value
    }
}
