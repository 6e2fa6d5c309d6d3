import DAP
import Datastore
import Foundation
import Logging
import NodeAPI
import Transport

/// Asks the peer about one task on behalf of an operator's command, which is another process than the node.
package struct TaskAgreement: Sendable {
    private let call: HandshakeCall
    private let role: NodeRole
    private let words: PeerWords

    package init(_ peer: Peer) {
        call = HandshakeCall(
            own: peer.own, peer: peer.client, now: { UInt64(max(0, Date().timeIntervalSince1970)) })
        role = peer.role
        words = peer.own.words
    }

    /// Runs `body` with a connection to the other aggregator of a task.
    package static func with<Value>(
        _ part: PartInTask, _ configuration: NodeConfiguration, keys: NodeKeys,
        _ body: (TaskAgreement) async throws -> Value
    ) async throws -> Value {
        let http = try NodeClients(configuration)
        let peers = Peers(
            configuration, keys: keys, http: http,
            logger: Logger(label: "cairn.node") { _ in SwiftLogNoOpLogHandler() })
        let agreement = TaskAgreement(peers.peer(part))
        do {
            let value = try await body(agreement)
            await http.shutdown()
            return value
        } catch {
            await http.shutdown()
            throw error
        }
    }

    /// What stands between the nodes about this task; empty where nothing does.
    ///
    /// - Parameter revision: of the node's tasks, so that the peer sees that something has changed.
    package func findings(about task: NodeTask, revision: UInt64) async -> [HandshakeFinding] {
        let first = await ask(about: task, revision: revision)
        // What the peer's operator has mended a moment ago, the peer may not have noticed.
        guard first.contains(where: { [.verifyKey, .taskEnded].contains($0.code) }) else { return first }
        do { try await Task.sleep(for: TaskRegistry.freshness * 1.2) } catch { return first }
        return await ask(about: task, revision: revision)
    }

    private func ask(about task: NodeTask, revision: UInt64) async -> [HandshakeFinding] {
        switch await call.ask(about: [HandshakeTask(task)], revision: revision) {
        case .assessed(let assessment): assessment.node + (assessment.tasks[task.id] ?? [])
        case .unreachable(let reason): [.unreachable(reason, words)]
        case .plain(let answer): task.isPlain ? [] : [.plainPeer(own: role, answer: answer, words)]
        }
    }

    /// Whether the peer has proved to have this verification key of the task: then it is not the one to replace.
    package func peerHas(_ key: [UInt8], of id: TaskID) async -> Bool {
        let task = HandshakeTask(id: id, verifyKey: key, isCommitted: false)
        guard case .assessed(let assessment) = await call.ask(about: [task], revision: 0) else { return false }
        return assessment.tasks[id] == [] && assessment.node.allSatisfy { $0.code != .role && $0.code != .token }
    }

    /// Whether the peer offers clients this node's own HPKE key: then one of the two can open both shares of every report.
    /// False where the peer does not answer.
    package func peerHasOwnHpkeKey() async -> Bool {
        guard
            let response = try? await call.peer.send(
                API.hpkeConfig, maxResponseBytes: BodyLimit.small, deadline: .seconds(5), retries: false),
            response.isSuccess, let list = try? HpkeConfigList(decoding: response.body)
        else { return false }
        return list.configs.contains { $0.publicKey == call.own.keys.hpke.config.publicKey }
    }
}
