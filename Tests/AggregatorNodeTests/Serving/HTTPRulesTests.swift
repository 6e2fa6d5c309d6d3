import AggregatorNode
import DAP
import Hummingbird
import NodeAPI
import Testing

/// What HTTP demands of every server, over raw connections.
@Suite struct HTTPRulesTests {
    private func routes(_ keys: NodeKeys? = nil) -> RouteTable {
        var routes = RouteTable()
        routes.get("/tasks/{task}") { _, context in
            .bytes(Array((context.parameters.get("task") ?? "").utf8), type: "text/plain")
        }
        routes.post("/body") { request, _ in
            let body = try await request.bytes(upTo: 100)
            return .bytes(Array("\(body.count) bytes".utf8), type: "text/plain")
        }
        let typed = FixedEndpoint(
            Resource(
                "typed", .post, "/typed", at: [.leader],
                takes: .one(of: [.dap(.uploadReq)], upTo: .bytes(100), isChecked: true), answers: [.init(200)]))
        routes.add(typed) { request, _ in
            _ = try await request.bytes(of: typed)
            return .empty(.ok)
        }
        routes.post("/tasks/{task}/things") { request, _ in
            if let keys { try request.requireBearer(keys.aggregatorToken) }
            return .empty(.ok)
        }
        return routes
    }

    @Test func expectationsAreMetWhenTheBodyIsWanted() async throws {
        try await withServer(routes()) { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send(
                "POST /body HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            #expect(try await connection.answers() == "HTTP/1.1 100 Continue\r\n\r\n")
            try await connection.send("12345")
            #expect(try await connection.answers(2).hasSuffix("5 bytes"))
            // The connection goes on, also for a client that does not wait.
            try await connection.send(
                "POST /body HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n1234")
            _ = try await eventually("the answer") { connection.text.hasSuffix("4 bytes") ? true : nil }
            #expect(!connection.isClosed)
        }
    }

    @Test(arguments: ["POST /body HTTP/1.1\r\nContent-Length: 101", "POST /nowhere HTTP/1.1\r\nContent-Length: 5"])
    func whoIsRefusedAtOnceIsNotToldToContinue(head: String) async throws {
        try await withServer(routes()) { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send("\(head)\r\nHost: x\r\nExpect: 100-continue\r\n\r\n")
            let answer = try await connection.end()
            #expect(answer.hasPrefix("HTTP/1.1 4") && answer.contains("Connection: close"))
            #expect(!answer.contains("100 Continue"))
        }
    }

    @Test(arguments: [
        "GET /tasks/abc HTTP/1.0\r\n\r\n", "GET /tasks/abc HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "GET /tasks/abc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ])
    func connectionsOfOldAndPartingClientsAreClosed(request: String) async throws {
        try await withServer(routes()) { server in
            let connection = try await RawConnection.open(port: server.port)
            // The server may have answered and closed before the client hears that all is sent.
            try? await connection.send(request)
            let answer = try await connection.end()
            #expect(answer.contains(" 200 OK\r\n") && answer.hasSuffix("\r\n\r\nabc"))
            #expect(answer.contains("Connection: close"))
            #expect(!answer.contains("chunked"))
        }
    }

    @Test(arguments: ["", "Host: x\r\nHost: x\r\n", "Host: x\r\nhost: y\r\nHOST: z\r\n"])
    func aRequestHasOneHost(fields: String) async throws {
        try await withServer(routes()) { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send("GET /tasks/abc HTTP/1.1\r\n\(fields)Connection: close\r\n\r\n")
            let answer = try await connection.end()
            #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains("one Host header field"))
        }
    }

    @Test func requestsInOneGoAreAnsweredInOrder() async throws {
        try await withServer(routes()) { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send(
                (1...20).map { "GET /tasks/n\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
            let answers = try await connection.answers(20)
            let names = answers.matches(of: /\r\n\r\n(n\d+)/).map { String($0.1) }
            #expect(names == (1...20).map { "n\($0)" })
        }
    }

    /// To Swift, U+212A is a `K` (in lower case even a `k`) and U+037E a semicolon; a proxy in front of us sees other words.
    @Test(arguments: [
        ("Content-Type: application/ppm-dap;message=upload-req", 200),
        ("Content-Type: application/ppm-dap\u{37E}message=upload-req", 415),
        ("Content-Type: application/ppm-dap;message=upload-req\r\nContent-Encoding: Identity , ", 200),
        ("Content-Type: application/ppm-dap;message=upload-req\r\nContent-Encoding: ident\u{130}ty", 415),
        ("Content-Type: application/ppm-dap;message=upload-req\r\nTransfer-Encoding: chun\u{212A}ed", 400),
    ])
    func fieldsAreComparedByteByByte(fields: String, status: Int) async throws {
        try await withServer(routes()) { server in
            let connection = try await RawConnection.open(port: server.port)
            try? await connection.send(
                "POST /typed HTTP/1.1\r\nHost: x\r\n\(fields)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            let answer = try await connection.end()
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
        }
    }

    @Test(arguments: ["HTTP/1.1\r\nConnection: close", "HTTP/1.0"])
    func whoPartsBehindSeveralRequestsHearsEveryAnswer(last: String) async throws {
        try await withServer(routes()) { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send(
                "GET /tasks/n1 HTTP/1.1\r\nHost: x\r\n\r\nGET /tasks/n2 HTTP/1.1\r\nHost: x\r\n\r\n"
                    + "GET /tasks/n3 \(last)\r\nHost: x\r\n\r\n")
            let answers = try await connection.end()
            #expect(answers.matches(of: /\r\n\r\n(n\d)/).map { String($0.1) } == ["n1", "n2", "n3"])
            #expect(answers.matches(of: /Connection: close/).count == 1 && answers.hasSuffix("n3"))
        }
    }

    /// Thousands of small requests fit into one packet's worth of reading, and each would wait in memory.
    @Test func moreRequestsInOneGoThanMayWaitEndTheConnectionBehindThese() async throws {
        try await withServer(routes()) { server in
            let connection = try await RawConnection.open(port: server.port)
            // Large enough for one read that has more than may wait, wherever the packets end.
            try? await connection.send(
                (1...5_000).map { "GET /tasks/n\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
            let answers = try await connection.end()
            let names = answers.matches(of: /\r\n\r\n(n\d+)/).map { String($0.1) }
            #expect(!names.isEmpty && names.count < 1_000)
            #expect(names == (1...max(1, names.count)).map { "n\($0)" })
            #expect(answers.matches(of: /Connection: close/).count == 1)
        }
    }

    @Test func partingClientsAreToldToContinueAsWell() async throws {
        try await withServer(routes()) { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send(
                "POST /body HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n"
                    + "Content-Length: 5\r\n\r\n")
            #expect(try await connection.answers() == "HTTP/1.1 100 Continue\r\n\r\n")
            try await connection.send("12345")
            #expect(try await connection.end().hasSuffix("5 bytes"))
        }
    }

    @Test func longRestsOfRefusedBodiesAreNotRead() async throws {
        var limits = ServingLimits()
        limits.linger = .milliseconds(200)
        try await withServer(routes(), limits: limits) { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n")
            let answer = try await connection.end()
            #expect(answer.hasPrefix("HTTP/1.1 413 ") && answer.contains("Connection: close"))
        }
    }

    @Test func aLongPathIsNotALongLineOfTheLog() async throws {
        let lines = LogLines()
        try await withServer(routes(), logger: lines.logger) { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send("GET /\(String(repeating: "a", count: 30_000)) HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await connection.answers().hasPrefix("HTTP/1.1 404 "))
        }
        let paths = lines.all.compactMap { $0.metadata["path"] }
        #expect(!paths.isEmpty && paths.allSatisfy { $0.count < 300 })
    }

    @Test func whatIsNoHTTPIsRefusedAndEnds() async throws {
        try await withServer(routes()) { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send("hello\r\n\r\n")
            #expect(try await connection.end().hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func codedBodiesAreNotTaken() async throws {
        try await withServer(routes()) { server in
            for coding in ["gzip", "identity, br", "GZIP"] {
                let answer = try await server.send(
                    "POST", "/body", body: [1], headers: ["Content-Encoding": coding])
                #expect(answer.status == 415 && answer.headers["accept-encoding"] == "identity")
            }
            let plain = try await server.send("POST", "/body", body: [1], headers: ["Content-Encoding": "identity"])
            #expect(plain.status == 200)
        }
    }

    @Test func pathsAreEqualWhoseEscapesDoNotMatter() async throws {
        #expect(PathNormalization.normalized("/%74%61sks/%7e%2D?a=%74") == "/tasks/~-?a=%74")
        #expect(PathNormalization.normalized("/a%2Fb%2fc%25%zz%7") == "/a%2Fb%2fc%25%zz%7")
        try await withServer(routes()) { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send("GET /%74asks/%61b HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await connection.answers().hasSuffix("ab"))
            try await connection.send("GET /tasks%2Fab HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await connection.answers(2).contains("404 Not Found"))
        }
    }

    @Test func everyRefusalNamesTheTaskOfItsPath() async throws {
        let (keys, task) = (try Parties().leaderKeys, TaskID.random())
        let path = "/tasks/\(task.base64URL)/things"
        try await withServer(routes(keys)) { server in
            for headers in [[:], ["Authorization": "Bearer wrong"]] {
                let answer = try await server.send("POST", path, body: [], headers: headers)
                let problem = try ProblemDocument(json: answer.body)
                #expect([401, 403].contains(answer.status) && problem.taskID == task)
            }
            let wrongMethod = try await server.send("DELETE", path)
            #expect(try ProblemDocument(json: wrongMethod.body).taskID == task)
        }
    }
}
