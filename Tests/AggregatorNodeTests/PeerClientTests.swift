import AggregatorNode
import Encodings
import Hummingbird
import Requests
import Synchronization
import Testing

/// How one node talks to the other when things go wrong.
@Suite struct PeerClientTests {
    private final class Counter: Sendable {
        private let value = Atomic(0)

        /// How often it was called before.
        func next() -> Int { value.add(1, ordering: .relaxed).oldValue }
        var count: Int { value.load(ordering: .relaxed) }
    }

    private func peer(_ base: String) throws -> PeerClient {
        let keys = try Parties().leaderKeys
        return PeerClient(
            baseURL: try #require(BaseURL(base)), token: keys.aggregatorToken, http: .shared, logger: quietLogger())
    }

    @Test func temporaryFailuresAreRetriedAndRefusalsAreNot() async throws {
        let (busy, refused) = (Counter(), Counter())
        var routes = RouteTable()
        routes.post("/busy") { request, _ in
            switch busy.next() {
            case 0: throw NodeError.unavailable("busy", retryAfter: 0)
            case 1: throw NodeError.http(429, "slow down", headers: [.init("Retry-After", "0")])
            case 2: throw NodeError.http(500, "broken")
            default: return .bytes(try await request.bytes(upTo: 100), type: "text/plain")
            }
        }
        routes.post("/refused") { _, _ in
            _ = refused.next()
            throw NodeError.dap(.batchMismatch, "no")
        }
        try await withServer(routes) { client in
            let peer = try peer("http://127.0.0.1:\(client.port)")
            let answer = try await peer.send(
                .POST, peer.baseURL.appending("busy"), body: [65, 66], maxResponseBytes: 100)
            #expect(answer.isSuccess && answer.body == [65, 66])
            #expect(busy.count == 4)
            let no = try await peer.send(.POST, peer.baseURL.appending("refused"), maxResponseBytes: 10_000)
            #expect(no.status == 409 && no.problem?.type == .batchMismatch && refused.count == 1)
        }
    }

    /// A list as long as a batch is sent as it is read; each attempt makes the same bytes anew.
    @Test func aBodyOfPagesIsMadeAnewForEachAttempt() async throws {
        let (calls, pages) = (Counter(), Counter())
        var routes = RouteTable()
        routes.post("/pages") { request, _ in
            let body = try await request.bytes(upTo: 10 << 20)
            if calls.next() == 0 { throw NodeError.unavailable("busy", retryAfter: 0) }
            return .bytes(body, type: "text/plain")
        }
        let head = [UInt8](repeating: 7, count: 11)
        @Sendable func body(length: Int) -> WebBody {
            .pages(length: length, head: head, from: 0) { page in
                _ = pages.next()
                guard page < 50 else { return nil }
                return ([UInt8](repeating: UInt8(page), count: 65_536), page + 1)
            }
        }
        let whole = head + (0..<50).flatMap { [UInt8](repeating: $0, count: 65_536) }
        let length = whole.count
        try await withServer(routes) { client in
            let peer = try peer("http://127.0.0.1:\(client.port)")
            let url = peer.baseURL.appending("pages")
            let answer = try await peer.send(.POST, url, body: body(length: length), maxResponseBytes: 10 << 20)
            #expect(answer.isSuccess && answer.body == whole)
            #expect(calls.count == 2 && pages.count >= 100)
            // What turns out shorter or longer than was announced is no request that anybody answers.
            for wrong in [length - 1, length + 1] {
                await #expect(throws: PeerError.self) {
                    try await peer.send(
                        .POST, url, body: body(length: wrong), maxResponseBytes: 10 << 20, deadline: .seconds(3),
                        retries: false)
                }
            }
        }
    }

    @Test func theTokenGoesToThePeerOnly() async throws {
        var routes = RouteTable()
        routes.get("/api/echo") { request, _ in
            .bytes(Array((request.headers[.authorization] ?? "none").utf8), type: "text/plain")
        }
        routes.get("/apix/echo") { request, _ in
            .bytes(Array((request.headers[.authorization] ?? "none").utf8), type: "text/plain")
        }
        try await withServer(routes) { client in
            let peer = try peer("http://127.0.0.1:\(client.port)/api/")
            let own = try await peer.send(.GET, peer.baseURL.appending("echo"), maxResponseBytes: 100)
            #expect(String(decoding: own.body, as: UTF8.self).hasPrefix("Bearer "))
            let other = try await peer.send(.GET, "http://127.0.0.1:\(client.port)/apix/echo", maxResponseBytes: 100)
            #expect(String(decoding: other.body, as: UTF8.self) == "none")
            let silent = try await peer.send(
                .GET, peer.baseURL.appending("echo"), authenticated: false, maxResponseBytes: 100)
            #expect(String(decoding: silent.body, as: UTF8.self) == "none")
        }
    }

    @Test func anEndlessAnswerAndASilentPeerEndTheRequest() async throws {
        var routes = RouteTable()
        routes.get("/long") { _, _ in .bytes([UInt8](repeating: 0, count: 1 << 20), type: "text/plain") }
        routes.get("/down") { _, _ in throw NodeError.http(503, "down") }
        routes.get("/later") { _, _ in throw NodeError.unavailable("down", retryAfter: 3_600) }
        try await withServer(routes) { client in
            let peer = try peer("http://127.0.0.1:\(client.port)")
            await #expect(throws: PeerError.responseTooLarge(url: peer.baseURL.appending("long"), limit: 1_000)) {
                try await peer.send(.GET, peer.baseURL.appending("long"), maxResponseBytes: 1_000)
            }
            // The last answer counts when the time is over, however few there were. A busy machine may not bring one in two
            // seconds.
            let url = peer.baseURL.appending("down")
            for seconds in [2, 10] {
                let down = try? await peer.send(.GET, url, maxResponseBytes: 1_000, deadline: .seconds(seconds))
                #expect(down.map { $0.status == 503 } ?? true)
                if down != nil { break }
            }
            // Nobody waits for what comes after the deadline.
            let later = try await peer.send(
                .GET, peer.baseURL.appending("later"), maxResponseBytes: 1_000, deadline: .seconds(120))
            #expect(later.status == 503)
        }
        // Nobody listens on the discard port of this machine.
        let nobody = try peer("http://127.0.0.1:9")
        await #expect(throws: PeerError.self) {
            try await nobody.send(
                .GET, nobody.baseURL.appending("x"), maxResponseBytes: 10, deadline: .milliseconds(200))
        }
    }

    /// The head comes at once and then a byte now and again: whoever waits for the answer is not kept by that.
    @Test func aDeadlineIsForTheWholeAnswer() async throws {
        var routes = RouteTable()
        routes.get("/slow") { _, _ in Self.trickling }
        try await withServer(routes) { client in
            let peer = try peer("http://127.0.0.1:\(client.port)")
            let start = ContinuousClock.now
            // All of it takes three seconds at least.
            await #expect(throws: PeerError.self) {
                try await peer.send(
                    .GET, peer.baseURL.appending("slow"), maxResponseBytes: 1_000, deadline: .seconds(1))
            }
            #expect(ContinuousClock.now - start >= .seconds(1))
            let whole = try await peer.send(
                .GET, peer.baseURL.appending("slow"), maxResponseBytes: 1_000, deadline: .seconds(120))
            #expect(whole.body.count == 60)
        }
    }

    private static var trickling: Response {
        Response(
            status: .ok, headers: [.contentType: "text/plain"],
            body: .init { writer in
                for _ in 0..<60 {
                    try await writer.write(ByteBuffer(bytes: [65]))
                    try await Task.sleep(for: .milliseconds(50))
                }
                try await writer.finish(nil)
            })
    }

    @Test func whoRepeatsRequestsItselfGetsTheFirstAnswer() async throws {
        let asked = Counter()
        var routes = RouteTable()
        routes.get("/down") { _, _ in
            _ = asked.next()
            throw NodeError.unavailable("down", retryAfter: 0)
        }
        try await withServer(routes) { client in
            let peer = try peer("http://127.0.0.1:\(client.port)")
            let down = try await peer.send(
                .GET, peer.baseURL.appending("down"), maxResponseBytes: 1_000, retries: false)
            #expect(down.status == 503 && down.retryAfter == 0 && asked.count == 1)
        }
    }

    /// Tokens, checkpoints and tiles: nothing is sent by which somebody in between could learn or change them.
    @Test func nothingIsSentInPlainTextToAnotherMachine() async throws {
        let urls = ["http://192.0.2.1/x", "http://127.0.0.1.peer.example/x", "http://localhost@192.0.2.1/x"]
        let peer = try peer("https://peer.example/")
        for url in urls {
            let error = try await #require(throws: PeerError.self) {
                try await peer.send(.GET, url, maxResponseBytes: 10)
            }
            guard case .insecure(let endpoint) = error else {
                Issue.record("\(error)")
                continue
            }
            #expect(endpoint.url == url)
            await #expect(throws: error) {
                try await peer.log(at: String(url.dropLast(2))).tile(path: "x")
            }
        }
    }
}
