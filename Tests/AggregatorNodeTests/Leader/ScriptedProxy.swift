import AggregatorNode
import DAP
import Hummingbird
import ServiceLifecycle
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

    enum Move: Sendable {
        case pass
        /// The helper never hears of it.
        case instead(Answer)
        /// The helper has acted on it.
        case after(@Sendable (Answer) -> Answer)
    }

    private let helper: TestClient
    private let isPlain: Bool
    private let script: @Sendable (Call) -> Move
    private let state = Mutex((calls: [Call](), numbers: [String: Int]()))

    /// - Parameter isPlain: the helper does not know the handshake.
    init(helperPort: Int, isPlain: Bool = false, script: @escaping @Sendable (Call) -> Move) {
        helper = TestClient(port: helperPort)
        self.isPlain = isPlain
        self.script = script
    }

    /// The requests to one resource, in order.
    func calls(_ method: String, _ resource: String) -> [Call] {
        state.withLock { $0.calls.filter { $0.method == method && $0.resource == resource } }
    }

    /// Runs the proxy while `body` runs.
    func serve(port: Int, _ body: () async throws -> Void) async throws {
        var routes = RouteTable()
        for resource in ["aggregation_jobs", "aggregate_shares"] {
            routes.post("/tasks/:task/\(resource)") { request, _ in try await self.answer(request, resource) }
            routes.get("/tasks/:task/\(resource)/:id") { request, _ in try await self.answer(request, resource) }
            routes.delete("/tasks/:task/\(resource)/:id") { request, _ in try await self.answer(request, resource) }
        }
        for resource in ["closes", "refusals", "batches"] {
            routes.post("/cairn/tasks/:task/\(resource)") { request, _ in try await self.answer(request, resource) }
        }
        routes.get("/cairn/blobs/:blob") { request, _ in try await self.answer(request, "blobs") }
        routes.post("/witness/add-checkpoint") { request, _ in try await self.answer(request, "witness") }
        // No part of any script: without it the helper would be taken for another make.
        if !isPlain {
            routes.post("/cairn/handshake") { request, _ in
                self.response(try await self.pass(request, try await request.bytes(upTo: 1 << 20)))
            }
        }
        let (ready, continuation) = AsyncStream.makeStream(of: Int.self)
        let app = application(
            routes, below: "", host: "127.0.0.1", port: port, logger: quietLogger(),
            onReady: { continuation.yield($0) })
        let group = ServiceGroup(
            configuration: .init(services: [app], gracefulShutdownSignals: [], logger: quietLogger()))
        let task = Task { try await group.run() }
        for await _ in ready { break }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        _ = await task.result
        try result.get()
    }

    private func answer(_ request: Request, _ resource: String) async throws -> Response {
        let body = try await request.bytes(upTo: 64 << 20)
        let call = state.withLock { state in
            let key = "\(request.method.rawValue) \(resource)"
            state.numbers[key, default: 0] += 1
            let call = Call(
                method: request.method.rawValue, resource: resource, number: state.numbers[key] ?? 0, body: body,
                time: .now)
            state.calls.append(call)
            return call
        }
        switch script(call) {
        case .pass: return response(try await pass(request, body))
        case .instead(let answer): return response(answer)
        case .after(let change): return response(change(try await pass(request, body)))
        }
    }

    private func pass(_ request: Request, _ body: [UInt8]) async throws -> Answer {
        var headers: [String: String] = [:]
        for name in ["content-type", "authorization", "dap-taskprov"] {
            if let field = HeaderName(name), let value = request.headers[field] { headers[name] = value }
        }
        do {
            return try await helper.send(
                request.method.rawValue, "\(request.uri)", body: request.method == .post ? body : nil, headers: headers)
        } catch {
            throw NodeError.http(502, "The helper does not answer.")
        }
    }

    private func response(_ answer: Answer) -> Response {
        var headers = HTTPFields()
        for name in ["content-type", "location", "cairn-statement", "retry-after"] {
            if let field = HeaderName(name), let value = answer.headers[name] { headers[field] = value }
        }
        return Response(
            status: .init(code: answer.status), headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
}

extension Answer {
    /// A page for people, as a proxy makes it.
    static func page(_ status: Int, retryAfter: String? = nil) -> Answer {
        var headers = ["content-type": "text/html"]
        headers["retry-after"] = retryAfter
        return Answer(status: status, body: Array("<html>nothing here</html>".utf8), headers: headers)
    }

    func changing(status: Int? = nil, body: [UInt8]? = nil, header: String? = nil, to value: String? = nil) -> Answer {
        var copy = self
        copy.status = status ?? copy.status
        copy.body = body ?? copy.body
        if let header { copy.headers[header] = value }
        return copy
    }
}

/// A pair with a script in between.
struct ScriptedPair: Sendable {
    let pair: NodePair
    let client: PairClient
    let proxy: ScriptedProxy

    /// - Parameters:
    ///   - nodes: whether to run the nodes as well; else `body` does.
    ///   - isPlain: the helper does not know the handshake.
    static func run(
        committed: Bool, mode: BatchMode = .leaderSelected, minBatchSize: UInt64 = 2, nodes: Bool = true,
        isPlain: Bool = false, script: @escaping @Sendable (ScriptedProxy.Call) -> ScriptedProxy.Move,
        _ body: (ScriptedPair) async throws -> Void
    ) async throws {
        let pair = try NodePair(throughProxy: true)
        let file = try await pair.addTask(committed: committed, mode: mode, minBatchSize: minBatchSize)
        let proxy = ScriptedProxy(helperPort: pair.helper.listenPort, isPlain: isPlain, script: script)
        let scripted = ScriptedPair(pair: pair, client: try PairClient(pair, file), proxy: proxy)
        let port = Int(pair.helper.publicURL.string.split(separator: ":").last ?? "") ?? 0
        try await proxy.serve(port: port) {
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
