import AggregatorNode
import DAP
import Hummingbird
import ServiceLifecycle
import Synchronization

/// Stands between leader and helper and misbehaves.
final class HelperProxy: Sendable {
    enum Behaviour: Sendable {
        /// Every job and share is deferred and has to be polled for twice.
        case deferring
        /// Answers to aggregation jobs come in the wrong order.
        case reordering
        /// The answer to every second request is lost after the helper has acted on it.
        case losingAnswers
    }

    private struct State {
        var stored: [String: Answer] = [:]
        var polls: [String: Int] = [:]
        var requests: [String] = []
    }

    private let behaviour: Behaviour
    private let helper: TestClient
    private let state = Mutex(State())

    init(_ behaviour: Behaviour, helperPort: Int) {
        self.behaviour = behaviour
        helper = TestClient(port: helperPort)
    }

    /// Method and path of every request that came, in order.
    var requests: [String] { state.withLock { $0.requests } }

    /// Runs the proxy while `body` runs.
    func serve(port: Int, _ body: () async throws -> Void) async throws {
        var routes = RouteTable()
        for resource in ["aggregation_jobs", "aggregate_shares"] {
            routes.post("/tasks/:task/\(resource)") { request, _ in try await self.create(request) }
            routes.get("/tasks/:task/\(resource)/:id") { request, _ in try await self.poll(request) }
            routes.delete("/tasks/:task/\(resource)/:id") { request, _ in try await self.forward(request) }
        }
        routes.post("/cairn/tasks/:task/closes") { request, _ in try await self.forward(request) }
        // No request of the protocol: it is not counted, and arrives whatever the proxy does to the others.
        routes.post("/cairn/handshake") { request, _ in
            self.response(try await self.ask(request, path: "\(request.uri)"))
        }
        routes.get("/cairn/blobs/:blob") { request, _ in try await self.forward(request) }
        routes.post("/witness/add-checkpoint") { request, _ in try await self.forward(request) }
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

    private func create(_ request: Request) async throws -> Response {
        let answer = try await pass(request)
        guard answer.status < 300, let location = answer.headers["location"] else { return response(answer) }
        switch behaviour {
        case .deferring:
            let path = String(location.prefix { $0 != "?" })
            state.withLock { $0.stored[path] = answer }
            return Response(status: .created, headers: [.location: location + "?step=0", .retryAfter: "1"])
        case .reordering where request.uri.path.hasSuffix("aggregation_jobs"):
            var changed = answer
            let message = try AggregationJobResp(decoding: answer.body)
            changed.body = AggregationJobResp(responses: message.responses.reversed()).encoded()
            return response(changed)
        default: return response(answer)
        }
    }

    private func poll(_ request: Request) async throws -> Response {
        let path = request.uri.path
        let (polls, stored) = state.withLock { state in
            state.requests.append("GET \(path)")
            state.polls[path, default: 0] += 1
            return (state.polls[path] ?? 0, state.stored[path])
        }
        guard let stored else { return try await forward(request) }
        return polls < 2 ? Response(status: .ok, headers: [.retryAfter: "1"]) : response(stored)
    }

    private func forward(_ request: Request) async throws -> Response { response(try await pass(request)) }

    private func pass(_ request: Request) async throws -> Answer {
        let path = "\(request.uri)"
        let number = state.withLock { state in
            state.requests.append("\(request.method.rawValue) \(request.uri.path)")
            return state.requests.count
        }
        let answer = try await ask(request, path: path)
        if case .losingAnswers = behaviour, number.isMultiple(of: 2) {
            throw NodeError.unavailable("lost", retryAfter: 0)
        }
        return answer
    }

    private func ask(_ request: Request, path: String) async throws -> Answer {
        let body = try await request.bytes(upTo: 64 << 20)
        var headers: [String: String] = [:]
        for name in ["content-type", "authorization", "dap-taskprov"] {
            if let field = HeaderName(name), let value = request.headers[field] { headers[name] = value }
        }
        return try await helper.send(
            request.method.rawValue, path, body: request.method == .post ? body : nil, headers: headers)
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
