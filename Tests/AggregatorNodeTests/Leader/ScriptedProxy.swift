import AggregatorNode
import DAP
import FaultProxy
import Synchronization

/// Stands between leader and helper, and answers as a script says: truly, in the helper's place, or otherwise than the
/// helper has answered.
final class ScriptedProxy: Sendable {
    /// One request of the leader.
    struct Call: Sendable {
        var method: String
        /// `aggregate_shares`, `closes`, …
        var resource: String
        /// Counts the calls of this method to this resource from 1 on.
        var number: Int
        var body: [UInt8]
        var time: ContinuousClock.Instant
    }

    private let proxy: FaultProxy
    private let state = Mutex((calls: [Call](), numbers: [String: Int]()))

    /// The proxy has its place at the helper's public URL.
    ///
    /// - Parameter isPlain: the helper does not know the handshake.
    init(
        before helper: NodeConfiguration, isPlain: Bool = false, script: @escaping @Sendable (Call) -> Fault
    ) throws {
        proxy = try FaultProxy(before: helper)
        proxy.follow { request in
            let path = request.path.split(separator: "/")
            if path.last == "handshake" {
                // No part of any script: without it the helper would be taken for another make.
                return isPlain ? .page(404).unasked : .pass
            }
            guard let resource = Self.resources.first(where: path.contains) else { return .pass }
            return script(self.note(request, String(resource)))
        }
    }

    private static let resources: [Substring] = [
        "aggregation_jobs", "aggregate_shares", "closes", "refusals", "batches", "blobs",
    ]

    /// The requests to one resource, in order.
    func calls(_ method: String, _ resource: String) -> [Call] {
        state.withLock { $0.calls.filter { $0.method == method && $0.resource == resource } }
    }

    /// Runs the proxy while `body` runs.
    func serve(_ body: () async throws -> Void) async throws { try await proxy.serve(body) }

    private func note(_ request: ProxyRequest, _ resource: String) -> Call {
        state.withLock { state in
            let key = "\(request.method) \(resource)"
            state.numbers[key, default: 0] += 1
            let call = Call(
                method: request.method, resource: resource, number: state.numbers[key] ?? 0, body: request.body,
                time: .now)
            state.calls.append(call)
            return call
        }
    }
}

/// A pair with a script in between.
struct ScriptedPair: Sendable {
    let pair: NodePair
    let client: PairClient
    let proxy: ScriptedProxy

    /// - Parameters:
    ///   - nodes: whether to run the nodes as well; else `body` does.
    ///   - isPlain: the helper does not know the handshake, and the task needs none.
    static func run(
        committed: Bool, mode: BatchMode = .leaderSelected, minBatchSize: UInt64 = 2, nodes: Bool = true,
        isPlain: Bool = false, script: @escaping @Sendable (ScriptedProxy.Call) -> Fault,
        _ body: (ScriptedPair) async throws -> Void
    ) async throws {
        let pair = try NodePair(throughProxy: true)
        let file = try await pair.addTask(
            committed: committed, plain: isPlain, mode: mode, minBatchSize: minBatchSize)
        let proxy = try ScriptedProxy(before: pair.helper, isPlain: isPlain, script: script)
        let scripted = ScriptedPair(pair: pair, client: try PairClient(pair, file), proxy: proxy)
        try await proxy.serve {
            guard nodes else { return try await body(scripted) }
            try await pair.withNodes { _, _ in try await body(scripted) }
        }
    }

    func upload(_ numbers: Range<UInt64>) async throws {
        try await client.upload(try numbers.map { try client.report([$0 % 8, 1, 7]) })
    }

    func batchStates() async throws -> [String] {
        (try await client.status()["batches"] as? [[String: Any]] ?? []).compactMap { $0["state"] as? String }
    }
}
