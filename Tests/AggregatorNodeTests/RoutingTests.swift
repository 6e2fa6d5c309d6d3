import AggregatorNode
import DAP
import Datastore
import Hummingbird
import NodeAPI
import Testing

/// What every route of a node has in common, over real HTTP.
@Suite struct RoutingTests {
    private func routes(_ keys: NodeKeys) -> RouteTable {
        var routes = RouteTable()
        routes.get("/open") { _, _ in .bytes(Array("open".utf8), type: "text/plain") }
        routes.post("/guarded") { request, _ in
            try request.requireBearer(keys.aggregatorToken)
            return .empty(.ok)
        }
        routes.add(Self.things) { request, parameters in
            _ = try parameters.taskID()
            let (message, _) = try await request.message(CollectionJobReq.self, of: Self.things, nil)
            return .dap(.collectionJobReq, message.encoded(), status: .created, location: "/elsewhere")
        }
        routes.get("/broken") { _, _ in throw DatastoreFailure() }
        return routes
    }

    private static let things = Endpoint<TaskID>(
        Resource(
            "things", .post, "/tasks/{task}/things", at: [.leader],
            takes: .one(of: [.dap(.collectionJobReq)], upTo: .bytes(64), isChecked: true),
            answers: [.init(201, .dap(.collectionJobReq))]))

    private struct DatastoreFailure: Error { let secret = "hunter2" }

    private func problem(_ answer: Answer) throws -> ProblemDocument {
        #expect(answer.headers["content-type"] == "application/problem+json")
        let problem = try ProblemDocument(json: answer.body)
        #expect(problem.status == answer.status)
        return problem
    }

    @Test func unknownPathsMethodsAndFailuresGetProblemDocuments() async throws {
        let keys = try Parties().leaderKeys
        try await withServer(routes(keys), below: "/api") { client in
            #expect(try await client.send("GET", "/api/open").text == "open")
            #expect(try await client.send("HEAD", "/api/open").status == 200)
            #expect(try problem(await client.send("GET", "/open")).status == 404)
            #expect(try problem(await client.send("GET", "/api/nothing")).status == 404)
            let wrongMethod = try await client.send("DELETE", "/api/open")
            #expect(try problem(wrongMethod).status == 405)
            #expect(wrongMethod.headers["allow"] == "GET")
            let failure = try await client.send("GET", "/api/broken")
            #expect(try problem(failure).status == 500)
            #expect(!failure.text.contains("hunter2"))
        }
    }

    @Test func aTokenIsAskedForAndCompared() async throws {
        let keys = try Parties().leaderKeys
        let good = keys.aggregatorToken.authorization
        let cases: [(header: String?, status: Int)] = [
            (nil, 401), ("Basic Zm9v", 401), ("Bearer", 401), ("Bearer wrong", 403), (String(good.dropLast()), 403),
            (good + "A", 403), (keys.collectorToken?.authorization, 403), (good, 200),
            ("bearer " + good.dropFirst("Bearer ".count), 200),
        ]
        try await withServer(routes(keys)) { client in
            for (header, status) in cases {
                let answer = try await client.send(
                    "POST", "/guarded", body: [], headers: header.map { ["Authorization": $0] } ?? [:])
                #expect(answer.status == status, "\(header ?? "no header")")
                if status == 401 { #expect(answer.headers["www-authenticate"] == "Bearer") }
                if status >= 400 { _ = try problem(answer) }
            }
        }
    }

    @Test func bodiesAreBoundedTypedAndDecoded() async throws {
        let keys = try Parties().leaderKeys
        let task = TaskID.random()
        let path = "/tasks/\(task.base64URL)/things"
        let type = ["Content-Type": MediaType.collectionJobReq.headerValue]
        let body = CollectionJobReq(query: .leaderSelected).encoded()
        try await withServer(routes(keys)) { client in
            let good = try await client.send("POST", path, body: body, headers: type)
            #expect(good.status == 201 && good.body == body && good.headers["location"] == "/elsewhere")
            #expect(good.headers["content-type"] == type["Content-Type"])

            let untyped = try await client.send("POST", path, body: body)
            #expect(try problem(untyped).status == 415)
            #expect(try problem(untyped).taskID == task)
            let other = ["Content-Type": MediaType.uploadReq.headerValue]
            #expect(try await client.send("POST", path, body: body, headers: other).status == 415)

            let long = [UInt8](repeating: 0, count: 1 << 20)
            #expect(try problem(await client.send("POST", path, body: long, headers: type)).status == 413)
            let truncated = try await client.send("POST", path, body: Array(body.dropLast()), headers: type)
            #expect(try problem(truncated).type == .invalidMessage)
            let trailing = try await client.send("POST", path, body: body + [0], headers: type)
            #expect(try problem(trailing).type == .invalidMessage)
            let badTask = try await client.send("POST", "/tasks/AAAA/things", body: body, headers: type)
            #expect(try problem(badTask).type == .invalidMessage)
        }
    }

    @Test func ofTwoHandlersForOneRequestNoneIsServed() throws {
        func conflict(_ build: (inout RouteTable) -> Void) -> RouteConflict? {
            var routes = RouteTable()
            build(&routes)
            do throws(RouteConflict) { try routes.check() } catch { return error }
            return nil
        }
        let handler: RouteTable.Handler = { _, _ in .empty() }
        #expect(
            conflict {
                $0.add(API.job, handler)
                $0.add(API.continueJob, handler)
                $0.add(API.withdrawals, leader: handler, helper: handler) { _, _ in .leader }
            } == nil)
        let twice = try #require(
            conflict {
                $0.add(API.withdrawals, handler)
                $0.add(API.withdrawals, leader: handler, helper: nil) { _, _ in .leader }
            })
        #expect(twice.description.contains("POST /cairn/tasks/{task}/withdrawals"), "\(twice)")
        // What the names in a path are called tells no two requests apart.
        #expect(
            conflict {
                $0.get("/a/{b}", handler)
                $0.get("/a/{c}", handler)
            } != nil)
        var routes = RouteTable()
        routes.add(API.health, handler)
        routes.add(API.health, handler)
        #expect(throws: RouteConflict.self) {
            try application(routes, below: "", host: "127.0.0.1", port: 0, logger: quietLogger())
        }
    }

    /// One path in both roles: who answers is the task's matter, and a role that the node does not have answers for none.
    @Test func aResourceOfBothRolesAnswersByTheRoleInTheTask() async throws {
        let (led, helped) = (TaskID.random(), TaskID.random())
        let roleOfTask: RouteTable.RoleOfTask = { _, context in
            let id = try context.taskID()
            guard id == led || id == helped else { throw NodeError.unrecognizedTask(id) }
            return id == led ? .leader : .helper
        }
        var both = RouteTable()
        both.add(
            API.withdrawals, leader: { _, _ in .bytes(Array("leader".utf8), type: "text/plain") },
            helper: { _, _ in .bytes(Array("helper".utf8), type: "text/plain") }, roleOfTask: roleOfTask)
        try await withServer(both) { client in
            let first = try await client.send("POST", API.withdrawals.path(led))
            #expect(first.text == "leader")
            #expect(try await client.send("POST", API.withdrawals.path(helped)).text == "helper")
            #expect(try problem(await client.send("POST", API.withdrawals.path(.random()))).type == .unrecognizedTask)
            #expect(try await client.send("GET", API.withdrawals.path(led)).headers["allow"] == "POST")
        }
        var one = RouteTable()
        one.add(
            API.withdrawals, leader: nil, helper: { _, _ in .bytes(Array("helper".utf8), type: "text/plain") },
            roleOfTask: roleOfTask)
        try await withServer(one) { client in
            let refused = try await client.send("POST", API.withdrawals.path(led))
            #expect(try problem(refused).type == .unrecognizedTask)
            #expect(try await client.send("POST", API.withdrawals.path(helped)).text == "helper")
        }
    }
}
