import AggregatorNode
import DAP
import FaultProxy
import Foundation
import Hummingbird
import Synchronization
import TestPorts
import TestSupport
import Testing

/// The proxy that other tests stand on.
@Suite struct FaultProxyTests {
    private static let body = Array("twelve bytes".utf8)

    /// Runs `body` with a proxy in front of a server that answers every request alike, and counts them.
    private func run(
        _ body: @escaping @Sendable (FaultProxy, TestClient, _ handled: @Sendable () -> Int) async throws -> Void
    )
        async throws
    {
        let handled = Mutex(0)
        var routes = RouteTable()
        routes.post("/{all...}") { request, _ in
            handled.withLock { $0 += 1 }
            let sent = try await request.bytes(upTo: 100)
            return Response(
                status: .ok,
                headers: [.contentType: "text/x-test", .location: "\(request.uri)", .server: "\(sent.count)"],
                body: .init(byteBuffer: .init(bytes: Self.body)))
        }
        try await withServer(routes) { server in
            let port = try TestPorts.take(1)[0]
            let proxy = FaultProxy(port: port, upstreamPort: UInt16(server.port))
            try await proxy.serve {
                try await body(proxy, TestClient(port: proxy.port)) { handled.withLock { $0 } }
            }
        }
    }

    private func post(_ client: TestClient, _ path: String = "/a/b?c=d") async throws -> Answer {
        try await client.send("POST", path, body: [1, 2, 3], headers: ["Content-Type": "text/x-test"])
    }

    @Test func nobodyNoticesAProxyThatBehaves() async throws {
        try await run { proxy, client, handled in
            for number in 1...3 {
                let answer = try await post(client)
                #expect(answer.status == 200 && answer.body == Self.body)
                #expect(answer.headers["content-type"] == "text/x-test" && answer.headers["location"] == "/a/b?c=d")
                #expect(handled() == number)
            }
            #expect(proxy.exchanges("POST", "a/*").map(\.request.body) == Array(repeating: [1, 2, 3], count: 3))
            #expect(proxy.faults == ["pass": 3] && proxy.requests == ["POST b": 3])
        }
    }

    @Test func eachKindOfAnswerIsWhatItsNameSays() async throws {
        try await run { proxy, client, handled in
            func meet(_ fault: Fault) async throws -> Answer {
                proxy.follow(FaultRule("*", "**", .always, fault))
                return try await post(client)
            }
            let page = try await meet(.page(403))
            #expect(page.status == 403 && page.headers["content-type"]?.hasPrefix("text/html") == true)
            #expect(page.text.contains("<html>"))
            #expect(try await meet(.empty(204)).status == 204)
            let empty = try await meet(.empty(200))
            #expect(empty.status == 200 && empty.body.isEmpty && empty.headers["location"] == nil)
            let elsewhere = try await meet(.foreignLocation)
            #expect(elsewhere.status == 201 && elsewhere.body.isEmpty && elsewhere.headers["location"] != nil)
            #expect(try await meet(.busy(429, retryAfter: "7")).headers["retry-after"] == "7")
            let date = Date(timeIntervalSince1970: 784_111_777)
            #expect(
                try await meet(.busy(503, until: date)).headers["retry-after"] == "Sun, 06 Nov 1994 08:49:37 GMT")
            let problem = try ProblemDocument(json: try await meet(.problem(.batchInvalid)).body)
            #expect(problem.type == .batchInvalid)
            let retyped = try await meet(.retyped)
            #expect(retyped.body == Self.body && retyped.headers["content-type"] == "text/plain")
            #expect(try await meet(.shortened).body == Array(Self.body.prefix(6)))
            #expect(try await meet(.lengthened).body == Self.body + [0])
            #expect(try await meet(.trickled(every: .milliseconds(1))).body == Self.body)
            #expect(handled() == 11, "each is answered after the server has handled the request")
        }
    }

    @Test func connectionsBreakBeforeAndInsideAnAnswer() async throws {
        try await run { proxy, client, handled in
            for (number, fault) in [Fault.cut, .torn].enumerated() {
                proxy.follow(FaultRule("*", "**", .always, fault))
                await #expect(throws: (any Error).self) { _ = try await post(client) }
                #expect(handled() == number + 1)
            }
            proxy.follow(FaultRule("*", "**", .always, .cut.unasked))
            await #expect(throws: (any Error).self) { _ = try await post(client) }
            #expect(handled() == 2)
            proxy.behave()
            let answer = try await post(client)
            #expect(answer.body == Self.body)
        }
    }

    @Test func requestsAreRepeatedKeptAwayAndHeld() async throws {
        try await run { proxy, client, handled in
            proxy.follow(
                FaultRule("*", "**", .only(1), .duplicated), FaultRule("*", "**", .only(2), .page(404).unasked))
            #expect(try await post(client).body == Self.body)
            #expect(handled() == 2)
            #expect(try await post(client).status == 404)
            #expect(handled() == 2)
            let gate = Gate()
            proxy.follow(FaultRule("*", "**", .always, .held(at: gate)))
            let answer = Task { try await post(client) }
            while !gate.isReached { try await Task.sleep(for: .milliseconds(5)) }
            #expect(handled() == 3)
            gate.open()
            let late = try await answer.value
            #expect(late.body == Self.body)
        }
    }

    /// A server that is not there is answered for, and what trickles can be ended.
    @Test func aServerThatIsAwayIsABadGateway() async throws {
        let ports = try TestPorts.take(2)
        let proxy = FaultProxy(port: ports[0], upstreamPort: ports[1])
        try await proxy.serve {
            let client = TestClient(port: proxy.port)
            #expect(try await post(client).status == 502)
            proxy.follow(FaultRule("*", "**", .always, .trickled(every: .seconds(600))))
            let answer = Task { try await post(client) }
            while proxy.exchanges.count < 2 { try await Task.sleep(for: .milliseconds(5)) }
            try await Task.sleep(for: .milliseconds(50))
            proxy.breakConnections()
            await #expect(throws: (any Error).self) { _ = try await answer.value }
        }
    }

    @Test func rulesChooseByMethodPathAndNumber() {
        func request(_ method: String, _ path: String) -> ProxyRequest {
            ProxyRequest(method: method, uri: path, headers: [], body: [])
        }
        var plan = FaultPlan(
            [
                FaultRule("POST", "tasks/*/jobs", .first(2), .cut), FaultRule("POST", "tasks/*/jobs", .only(4), .torn),
                FaultRule("*", "log/**", .every(2), .retyped),
            ], generator: SeededGenerator(seed: 1))
        let jobs = (0..<5).map { _ in plan.fault(for: request("POST", "/tasks/x/jobs?step=0")).name }
        #expect(jobs == ["cut", "cut", "pass", "torn body", "pass"])
        for other in [("GET", "/tasks/x/jobs"), ("POST", "/tasks/x/jobs/1"), ("POST", "/tasks/x"), ("POST", "/")] {
            #expect(plan.fault(for: request(other.0, other.1)).name == "pass")
        }
        let log = ["/log", "/log/tile/0/x001", "/log/checkpoint", "/logs"].map {
            plan.fault(for: request("GET", $0)).name
        }
        #expect(log == ["pass", "another media type", "pass", "pass"])
    }

    @Test func theSameSeedBringsTheSameFaults() {
        func faults(_ seed: UInt64) -> [String] {
            var plan = FaultPlan(
                [FaultRule("*", "**", .randomly(0.5), Fault.oddAnswers)], generator: SeededGenerator(seed: seed))
            let request = ProxyRequest(method: "GET", uri: "/", headers: [], body: [])
            return (0..<100).map { _ in plan.fault(for: request).name }
        }
        #expect(faults(7) == faults(7))
        #expect(faults(7) != faults(8))
        #expect((20...80).contains(faults(7).count { $0 == "pass" }))
    }
}
