import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization
import TestSupport

/// Stands at the address that others have of a server, passes on to it what comes, and does to each request what its
/// rules say.
///
/// Everything is passed on as it is, so that nobody notices a proxy that ``behave()``s. A server that cannot be reached is
/// answered for with 502, as proxies do.
package final class FaultProxy: Sendable {
    /// A request that came.
    package struct Exchange: Sendable {
        package let request: ProxyRequest
        package let fault: String
        package let instant: ContinuousClock.Instant
    }

    private struct State {
        var plan: FaultPlan
        var script: (@Sendable (ProxyRequest) -> Fault)?
        var exchanges: [Exchange] = []
        var faults: [String: Int] = [:]
        var requests: [String: Int] = [:]
    }

    /// Where everybody finds the server.
    package let port: Int
    /// Where it listens; several servers take turns.
    private let upstream: Mutex<(ports: [Int], next: Int)>
    private let remembers: Bool
    private let state: Mutex<State>
    let connections = Connections()

    /// - Parameter remembers: whether to keep every request that comes, for tests to look at.
    package init(port: UInt16, upstreamPort: UInt16, remembers: Bool = true) {
        self.port = Int(port)
        upstream = Mutex((ports: [Int(upstreamPort)], next: 0))
        self.remembers = remembers
        state = Mutex(State(plan: FaultPlan([], generator: SeededGenerator(seed: 0))))
    }

    /// Acts by these rules from the next request on.
    ///
    /// - Parameter generator: decides what is left to chance.
    package func follow(_ rules: [FaultRule], generator: SeededGenerator = SeededGenerator(seed: 0)) {
        state.withLock { state in
            state.plan = FaultPlan(rules, generator: generator)
            state.script = nil
        }
    }

    /// Does from the next request on what a script says of each.
    package func follow(script: @escaping @Sendable (ProxyRequest) -> Fault) { state.withLock { $0.script = script } }

    package func follow(_ rules: FaultRule...) { follow(rules) }

    /// Passes on everything from the next request on. What is under way ends as it began.
    package func behave() { follow([]) }

    /// Passes requests on to these servers in turn, from the next one on: those that are well, as who balances loads knows.
    package func pass(to ports: [UInt16]) { upstream.withLock { $0 = (ports: ports.map { Int($0) }, next: 0) } }

    private func nextPort() -> Int {
        upstream.withLock { upstream in
            upstream.next += 1
            return upstream.ports.isEmpty ? 0 : upstream.ports[upstream.next % upstream.ports.count]
        }
    }

    /// Ends all connections, whatever is under way.
    package func breakConnections() { connections.close() }

    /// The requests that came, in order.
    package var exchanges: [Exchange] { state.withLock { $0.exchanges } }

    /// The requests of this method below such a path, in order.
    package func exchanges(_ method: String, _ path: PathPattern) -> [Exchange] {
        exchanges.filter { $0.request.method == method && path.matches($0.request.path) }
    }

    /// How many requests met each kind of fault.
    package var faults: [String: Int] { state.withLock { $0.faults } }

    /// How many requests came, by method and the last segment of the path that is no name of something.
    package var requests: [String: Int] { state.withLock { $0.requests } }

    func fault(for request: ProxyRequest) -> Fault {
        let scripted = state.withLock(\.script)?(request)
        return state.withLock { state in
            let fault = scripted ?? state.plan.fault(for: request)
            state.faults[fault.name, default: 0] += 1
            let resource = request.path.split(separator: "/").last { $0.utf8.count < 22 } ?? ""
            state.requests["\(request.method) \(resource)", default: 0] += 1
            if remembers { state.exchanges.append(Exchange(request: request, fault: fault.name, instant: .now)) }
            return fault
        }
    }

    /// What is to be sent back, once everything has happened that is to happen before.
    func answer(to request: ProxyRequest, under fault: Fault) async throws -> ProxyAnswer {
        if fault.delay > .zero { try await Task.sleep(for: fault.delay) }
        let answer: ProxyAnswer
        switch fault.upstream {
        case .notAsked: answer = .page(502)
        case .asked: answer = await ask(request)
        case .askedTwice:
            async let first = ask(request)
            async let second = ask(request)
            _ = await first
            answer = await second
        }
        if fault.lateness > .zero { try await Task.sleep(for: fault.lateness) }
        if let gate = fault.gate { try await gate.pass() }
        return try fault.change(request, answer)
    }

    private func ask(_ request: ProxyRequest) async -> ProxyAnswer {
        var passed = HTTPClientRequest(url: "http://127.0.0.1:\(nextPort())\(request.uri)")
        passed.method = .init(rawValue: request.method)
        for (name, value) in request.headers where !Self.ofOneConnection.contains(name.lowercased()) {
            passed.headers.add(name: name, value: value)
        }
        if !request.body.isEmpty { passed.body = .bytes(ByteBuffer(bytes: request.body)) }
        do {
            let answer = try await Self.client.execute(passed, timeout: .seconds(120))
            let body = try await answer.body.collect(upTo: 256 << 20)
            return ProxyAnswer(
                status: Int(answer.status.code),
                headers: answer.headers.filter { !Self.ofOneConnection.contains($0.name.lowercased()) }
                    .map { ($0.name, $0.value) },
                body: Array(body.readableBytesView))
        } catch {
            return .page(502)
        }
    }

    /// Fields that speak about one connection only, or that are made anew for each.
    static let ofOneConnection: Set<String> = [
        "connection", "keep-alive", "transfer-encoding", "content-length", "host", "expect", "te", "trailer", "upgrade",
    ]

    /// One for the process, which lives as long.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.httpVersion = .http1Only
        // A server that is not there is asked again and again for so long.
        configuration.timeout.connect = .milliseconds(500)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        return HTTPClient(eventLoopGroup: .singletonMultiThreadedEventLoopGroup, configuration: configuration)
    }()
}
