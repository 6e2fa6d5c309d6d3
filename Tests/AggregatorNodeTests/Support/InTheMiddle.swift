import AggregatorNode
import Contributor
import Crypto
import DAP
import FaultProxy
import Foundation
import Ledger
import Synchronization
import TaskTypes
import Tasks
import TestPorts
import Testing

/// In front of one node: changes the answers to requests for HPKE configurations.
final class InTheMiddle: Sendable {
    typealias Change = @Sendable (_ answer: Answer, _ isFresh: Bool) throws -> Answer

    private let proxy: FaultProxy
    private let change = Mutex<Change> { answer, _ in answer }
    private let asked = Mutex<[Bool]>([])

    init(at port: UInt16, before node: NodeConfiguration) {
        proxy = FaultProxy(port: port, upstreamPort: UInt16(clamping: node.listenPort), remembers: false)
        proxy.follow { request in
            guard request.path == "/hpke_config" else { return .pass }
            let isFresh = request.headers.contains { $0.name.lowercased() == "cache-control" && $0.value == "no-cache" }
            self.asked.withLock { $0.append(isFresh) }
            let change = self.change.withLock { $0 }
            return .after { try change($0, isFresh) }
        }
    }

    /// Stands there while `body` runs.
    func serve(_ body: () async throws -> Void) async throws { try await proxy.serve(body) }

    func answer(_ new: @escaping Change) { change.withLock { $0 = new } }

    func passOn() { answer { answer, _ in answer } }

    /// Of each request since the last call, whether no cache was to answer it.
    func requests() -> [Bool] {
        asked.withLock { asked in
            defer { asked = [] }
            return asked
        }
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
        let ports = try TestPorts.take(2)
        let leader = InTheMiddle(at: ports[0], before: pair.leader)
        let helper = InTheMiddle(at: ports[1], before: pair.helper)
        let result: Result<Void, any Error>
        do {
            try await leader.serve {
                try await helper.serve {
                    let file = try Self.task(pair, committed: committed, ports: ports)
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

    private static func task(_ pair: NodePair, committed: Bool, ports: [UInt16]) throws -> TaskFile {
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
