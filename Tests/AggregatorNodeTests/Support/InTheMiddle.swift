import AggregatorNode
import Contributor
import Crypto
import DAP
import Foundation
import Hummingbird
import Ledger
import Synchronization
import Testing

/// In front of one node: passes requests for HPKE configurations on, and changes the answers.
final class InTheMiddle: Sendable {
    typealias Change = @Sendable (_ answer: Answer, _ isFresh: Bool) throws -> Answer

    private let node: TestClient
    private let change = Mutex<Change> { answer, _ in answer }
    private let asked = Mutex<[Bool]>([])

    init(before port: Int) {
        node = TestClient(port: port)
    }

    func answer(_ new: @escaping Change) { change.withLock { $0 = new } }

    func passOn() { answer { answer, _ in answer } }

    /// Of each request since the last call, whether no cache was to answer it.
    func requests() -> [Bool] {
        asked.withLock { asked in
            defer { asked = [] }
            return asked
        }
    }

    var routes: RouteTable {
        var routes = RouteTable()
        routes.get("/hpke_config") { request, _ in
            let isFresh = request.headers[.cacheControl] == "no-cache"
            self.asked.withLock { $0.append(isFresh) }
            let honest = try await self.node.send("GET", "/hpke_config")
            let change = self.change.withLock { $0 }
            let answer = try change(honest, isFresh)
            var headers = HTTPFields()
            for (name, value) in answer.headers {
                if ["content-type", "cache-control", Self.header].contains(name), let field = HeaderName(name) {
                    headers[field] = value
                }
            }
            return Response(
                status: .init(code: answer.status), headers: headers,
                body: .init(byteBuffer: ByteBuffer(bytes: answer.body)))
        }
        return routes
    }

    static let header = HpkeListSignature.headerName.lowercased()
}

/// Both nodes, what is in front of each, and a task at the two addresses in front.
struct MiddleScene: Sendable {
    let pair: NodePair
    let middle: [Role: InTheMiddle]
    let file: TaskFile
    let home: ContributorHome

    func between(_ role: Role) throws -> InTheMiddle { try #require(middle[role]) }

    func statementKey(_ role: Role) -> Curve25519.Signing.PrivateKey {
        role == .leader ? pair.leaderKeys.statement : pair.helperKeys.statement
    }

    func config(_ role: Role) -> HpkeConfig {
        role == .leader ? pair.leaderKeys.hpke.config : pair.helperKeys.hpke.config
    }

    func client(home: ContributorHome? = nil) throws -> TaskClient {
        try TaskClient(task: file, transport: HTTPTransport(deadline: .zero), home: home)
    }

    /// Why a new client seals nothing.
    func fault(_ role: Role, home: ContributorHome? = nil) async throws -> HpkeListFault? {
        do {
            _ = try await client(home: home).prepare([.vector([1, 2, 3])], seed: [UInt8](repeating: 1, count: 32))
            return nil
        } catch ContributorError.untrustedHpkeConfigs(let url, let fault) {
            let base = role == .leader ? file.configuration.leaderURL : file.configuration.helperURL
            #expect(url == base + "hpke_config")
            return fault
        }
    }
}

extension InTheMiddle {
    /// Runs both nodes with somebody in between each.
    ///
    /// - Parameter ahead: how many seconds the nodes' clocks are ahead.
    static func withScene(
        committed: Bool = true, ahead: UInt64 = 0, _ body: @escaping @Sendable (MiddleScene) async throws -> Void
    ) async throws {
        let pair = try NodePair()
        let nodes = [
            try await pair.start(pair.leader, ahead: ahead), try await pair.start(pair.helper, ahead: ahead),
        ]
        let leader = InTheMiddle(before: pair.leader.listenPort)
        let helper = InTheMiddle(before: pair.helper.listenPort)
        let result: Result<Void, any Error>
        do {
            try await withServer(leader.routes) { first in
                try await withServer(helper.routes) { second in
                    let file = try Self.task(pair, committed: committed, ports: [first.port, second.port])
                    try await body(
                        MiddleScene(
                            pair: pair, middle: [.leader: leader, .helper: helper], file: file,
                            home: ContributorHome(path: pair.directory.file("home"))))
                }
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        for node in nodes { await node.stop() }
        try result.get()
    }

    private static func task(_ pair: NodePair, committed: Bool, ports: [Int]) throws -> TaskFile {
        let hash = Array(SHA256.hash(data: pair.collector.config.encoded()))
        var parameters = CairnTaskParameters(collectorHpkeHash: hash, maxBatchSize: 100)
        if committed {
            parameters = CairnTaskParameters(
                statementKeys: StatementKeys(
                    leader: pair.leaderKeys.statementPublicKey, helper: pair.helperKeys.statementPublicKey),
                collectorHpkeHash: hash, logKey: pair.leaderKeys.note.vkey,
                logPolicyHash: Array(SHA256.hash(data: Array(pair.policy.utf8))), maxBatchSize: 100,
                publish: .public, admission: .open, creditPolicy: CreditPolicy(kind: .unit, bound: 0))
        }
        let vdaf: VDAFConfiguration = .sumVec(length: 3, maxMeasurement: 7, chunkLength: 3)
        let configuration = try TaskConfiguration(
            taskInfo: Array("middle".utf8), leaderURL: "http://127.0.0.1:\(ports[0])/",
            helperURL: "http://127.0.0.1:\(ports[1])/", timePrecision: 60, minBatchSize: 10,
            batchMode: .leaderSelected, vdaf: committed ? .committed(vdaf) : vdaf, taskInterval: nil, cairn: parameters)
        return try TaskFile(
            name: "middle", configuration: configuration, collectorHpkeConfig: pair.collector.config,
            logPolicy: committed ? pair.policy : nil, logURL: nil)
    }

    /// An answer with another list, or another header, or both.
    static func changing(
        _ answer: Answer, list: [UInt8]? = nil, signature: HpkeListSignature? = nil
    ) -> Answer {
        var answer = answer
        if let list { answer.body = list }
        if let signature { answer.headers[InTheMiddle.header] = signature.headerValue }
        return answer
    }
}
