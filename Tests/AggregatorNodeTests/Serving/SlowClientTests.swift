import AggregatorNode
import Hummingbird
import Logging
import NIOCore
import Synchronization
import Testing

/// Clients that begin something and do not go on, over real connections, with limits of fractions of a second.
@Suite struct SlowClientTests {
    private final class Seen: Sendable {
        let bodies = Mutex<[Int]>([])
    }

    private var limits: ServingLimits {
        var limits = ServingLimits()
        (limits.head, limits.idle, limits.transfer) = (.milliseconds(1_500), .milliseconds(1_500), .milliseconds(400))
        (limits.minimumRate, limits.linger) = (1 << 20, .seconds(5))
        return limits
    }

    private func routes(_ seen: Seen) -> RouteTable {
        var routes = RouteTable()
        routes.get("/slow") { _, _ in
            try await Task.sleep(for: .seconds(3))
            return .bytes(Array("slow".utf8), type: "text/plain")
        }
        routes.get("/large") { _, _ in .bytes([UInt8](repeating: 7, count: 32 << 20), type: "text/plain") }
        routes.post("/body") { request, _ in
            let body = try await request.bytes(upTo: 1 << 20)
            seen.bodies.withLock { $0.append(body.count) }
            return .empty(.ok)
        }
        return routes
    }

    @Test func aHeadThatStopsHalfwayIsAnsweredAndEnds() async throws {
        try await withServer(routes(Seen()), limits: limits) { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send("GET /slow HTTP/1.1\r\nHost: x\r\nX-Half: ")
            let answer = try await connection.end()
            #expect(answer.hasPrefix("HTTP/1.1 408 ") && answer.contains("Connection: close"))
        }
    }

    @Test func silentConnectionsEndAndWorkDoesNot() async throws {
        try await withServer(routes(Seen()), limits: limits) { server in
            let fresh = try await RawConnection.open(port: server.port)
            let kept = try await RawConnection.open(port: server.port)
            try await kept.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await fresh.end().isEmpty)
            // The work takes longer than any of the limits, and silence after it ends the connection.
            let end = try await kept.end()
            #expect(end.contains("200 OK") && end.hasSuffix("slow") && !end.contains("Connection: close"))
        }
    }

    @Test func aTrickledBodyEndsThoughItKeepsComing() async throws {
        let seen = Seen()
        try await withServer(routes(seen), limits: limits) { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
            let trickle = Task {
                while !connection.isClosed {
                    try await connection.send("x")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            #expect(try await connection.answers().hasPrefix("HTTP/1.1 408 "))
            _ = try await connection.end()
            _ = await trickle.result
        }
        #expect(seen.bodies.withLock { $0 }.isEmpty)
    }

    @Test func aReaderWhoTakesNothingIsLetGo() async throws {
        var limits = limits
        limits.minimumRate = 1 << 30
        try await withServer(routes(Seen()), limits: limits) { server in
            let connection = try await RawConnection.open(port: server.port, reads: false)
            try await connection.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            // Its answer would hold its memory until it is gone; then writing to it fails.
            _ = try await eventually("the server is gone") { () -> Bool? in
                do { try await connection.send("x") } catch { return true }
                return nil
            }
        }
    }

    /// Whoever hangs up must not be able to choose where a request ends, nor fill a log with errors.
    @Test(arguments: [
        "Content-Length: 100\r\n\r\n0123456789", "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n",
    ])
    func aBodyThatBreaksOffIsNoBodyAndNoErrorOfOurs(rest: String) async throws {
        let (seen, lines) = (Seen(), LogLines())
        try await withServer(routes(seen), logger: lines.logger) { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send("POST /body HTTP/1.1\r\nHost: x\r\n\(rest)")
            try await Task.sleep(for: .milliseconds(100))
            try await connection.close()
            _ = try await eventually("the request is over") {
                lines.all.contains { $0.message == "request" } ? true : nil
            }
        }
        #expect(seen.bodies.withLock { $0 }.isEmpty)
        #expect(lines.all.filter { $0.level >= .warning }.isEmpty)
    }

    @Test func connectionsBeyondTheCapWaitUntilOthersEnd() async throws {
        var limits = ServingLimits()
        (limits.connections, limits.crowdedIdle) = (8, .milliseconds(300))
        try await withServer(routes(Seen()), limits: limits) { server in
            // All at work or silent, more than there may be; every one gets its turn.
            var silent: [RawConnection] = []
            for _ in 0..<24 { silent.append(try await RawConnection.open(port: server.port)) }
            let last = try await RawConnection.open(port: server.port)
            try await last.send("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await last.answers().hasPrefix("HTTP/1.1 404 "))
            #expect(silent.filter(\.isClosed).count >= 8)
        }
    }

    @Test func bodiesShareTheMemoryThatThereIs() async throws {
        var limits = ServingLimits()
        (limits.freeBodyBytes, limits.bodyBytesInFlight) = (10, 1_000)
        try await withServer(routes(Seen()), limits: limits) { server in
            let first = try await RawConnection.open(port: server.port)
            // Larger than the budget: it comes through, alone.
            try await first.send(
                "POST /body HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2000\r\n\r\n")
            #expect(try await first.answers().hasPrefix("HTTP/1.1 100 "))
            let second = try await server.send("POST", "/body", body: [UInt8](repeating: 1, count: 100))
            #expect(second.status == 503 && second.headers["retry-after"] == "5")
            #expect(try await server.send("POST", "/body", body: [UInt8](repeating: 1, count: 10)).status == 200)
            try await first.send([UInt8](repeating: 1, count: 2_000))
            #expect(try await first.answers(2).contains("HTTP/1.1 200 "))
            #expect(try await server.send("POST", "/body", body: [UInt8](repeating: 1, count: 100)).status == 200)
        }
    }
}
