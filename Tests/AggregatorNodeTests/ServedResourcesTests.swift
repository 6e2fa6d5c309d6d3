import AggregatorNode
import DAP
import Datastore
import Hummingbird
import NodeAPI
import TestSupport
import Testing
import TransparencyLog

/// Nodes and witnesses serve what `NodeAPI` says, and nothing else.
@Suite struct ServedResourcesTests {
    /// What a server of this kind has, as the table of routes writes it.
    private static func requests(of server: Resource.Server) -> Set<String> {
        Set(
            API.served(by: [server]).map {
                "\($0.method.rawValue) \($0.below(API.prefix(of: $0, at: server)).path)"
            })
    }

    @Test(arguments: [NodeRole.leader, .helper])
    func aNodesTableIsTheListOfItsRole(role: NodeRole) async throws {
        let pair = try NodePair()
        let node = try await pair.start(role == .leader ? pair.leader : pair.helper)
        let served = routesAndServices(of: node.context).routes.requests
        await node.stop()
        #expect(served == Self.requests(of: role == .leader ? .leader : .helper))
    }

    @Test func aWitnesssTableIsItsList() async throws {
        try await Self.withWitness { served, client in
            #expect(served == Self.requests(of: .witness))
            try await Self.ask(client, as: .witness, task: .random())
        }
    }

    /// Over HTTP: whoever asks hears from the resource itself, and of what is not there that it is not.
    @Test func runningNodesAnswerForEveryResourceOfTheirsAndForNoOther() async throws {
        let pair = try NodePair()
        let task = try await pair.addTask(committed: true, mode: .leaderSelected)
        try await pair.withNodes { leader, helper in
            for (node, server) in [(leader, Resource.Server.leader), (helper, .helper)] {
                let client = TestClient(port: node.context.configuration.listenPort)
                try await Self.ask(client, as: server, task: task.taskID)
            }
        }
    }

    /// Asks a server for every resource that there is, without a token.
    private static func ask(_ client: TestClient, as server: Resource.Server, task: TaskID) async throws {
        for resource in API.all {
            let isServed = resource.servers.contains(server)
            let path = Self.path(of: resource.below(API.prefix(of: resource, at: server)), task: task)
            let answer = try await client.send(
                resource.method.rawValue, path, body: resource.method == .post ? [] : nil,
                headers: resource.request.types.first.map { ["Content-Type": $0.header] } ?? [:])
            let problem = try? ProblemDocument(json: answer.body)
            let words: Comment = "\(resource.name) at a \(server): \(answer.status), \(answer.text.prefix(200))"
            guard isServed else {
                // A witness has the paths of a log's origin at its root, where another path may look like one.
                #expect([404, 405].contains(answer.status), words)
                continue
            }
            #expect(problem?.detail != "There is nothing at this path.", words)
            #expect(answer.status != 405 && answer.status != 500, words)
            let isExpected =
                resource.successes.contains { $0.status == answer.status }
                || resource.commonRefusals.contains(answer.status) || resource.refusals.contains(answer.status)
            #expect(isExpected, words)
            if resource.caller != .anybody { #expect(answer.status == 401, words) }
        }
    }

    /// A path of this form, with ids of nothing that is there.
    private static func path(of resource: Resource, task: TaskID) -> String {
        resource.path.filled(
            with: resource.path.parameters.map { name in
                switch name {
                case "task": task.base64URL
                case "tile": "0/000"
                case "blob", "origin": HashName([UInt8](repeating: 7, count: 32)).pathText
                default: ReportID(unchecked: [UInt8](repeating: 7, count: 16)).base64URL
                }
            })
    }

    private static func withWitness(
        _ body: @escaping @Sendable (Set<String>, TestClient) async throws -> Void
    ) async throws {
        let directory = try TemporaryFolder.ofNodes()
        let store = try NodeDatabase.open(path: directory.file("witness.sqlite"))
        let routes = WitnessServer.routes([], store, try Cosigner(name: "w.example"), now: { 1_700_000_000 })
        try await withServer(routes) { try await body(routes.requests, $0) }
    }
}
