import AggregatorNode
import DAP
import Ledger
import Tasks
import Testing

/// A leader that asks and a helper that answers, without a network.
struct HandshakeExchange {
    let parties: Parties
    var leader: HandshakeSelf
    var helper: HandshakeSelf
    var tasks: [HandshakeTask]
    /// What the helper has under the ids.
    var known: [TaskID: HandshakeResponder.TaskKnowledge]
    var token: HandshakeAnswer.Credential = .right
    var leaderClock: UInt64 = 1_000_000
    var helperClock: UInt64 = 1_000_000
    var uncertainty = 0

    init() throws {
        parties = try Parties()
        leader = HandshakeSelf(configuration: parties.leader, keys: parties.leaderKeys)
        helper = HandshakeSelf(configuration: parties.helper, keys: parties.helperKeys)
        let task = HandshakeTask(
            id: .random(), verifyKey: [UInt8](repeating: 7, count: 32), isCommitted: true,
            statementKeys: StatementKeys(
                leader: parties.leaderKeys.statementPublicKey, helper: parties.helperKeys.statementPublicKey),
            logKey: parties.leaderKeys.note.vkey, witnesses: [parties.helperKeys.note.vkey])
        tasks = [task]
        known = [task.id: .served(verifyKeys: task.verifyKeys)]
    }

    /// Gives one of the nodes another secret.
    func withSecret(of configuration: NodeConfiguration, _ name: String) throws -> NodeConfiguration {
        var copy = configuration
        copy.pskFile = parties.directory.file(name)
        try KeyFiles.makePreSharedKey(at: copy.pskFile)
        return copy
    }

    func request(_ secret: [UInt8]? = nil) -> HandshakeRequest {
        HandshakeRequest(
            identity: leader.identity(clock: leaderClock), tasks: tasks.map { ($0.id, $0.verifyKeys[0]) },
            preSharedKey: secret ?? parties.leaderKeys.preSharedKey)
    }

    func answer(_ request: HandshakeRequest) async throws -> HandshakeAnswer {
        try await HandshakeResponder(own: helper).answer(request, token: token, clock: helperClock) {
            known[$0] ?? .unknown
        }
    }

    func assess(_ answer: HandshakeAnswer, _ request: HandshakeRequest) -> HandshakeAssessment? {
        HandshakeRules.assess(
            answer,
            .init(
                request: request, preSharedKey: parties.leaderKeys.preSharedKey, tasks: tasks, clock: leaderClock,
                uncertainty: uncertainty, words: PeerWords(parties.leader.peers[0], role: .leader)))
    }

    func run() async throws -> HandshakeAssessment {
        let request = request()
        return try #require(assess(try await answer(request), request))
    }

    /// What is wrong, by code: the nodes' findings, then those of the one task.
    func codes() async throws -> [HandshakeFinding.Code] {
        let assessment = try await run()
        return assessment.node.map(\.code) + (assessment.tasks[tasks[0].id] ?? []).map(\.code)
    }

    func isBlocked(committed: Bool = true) async throws -> Bool {
        try await !run().obstacles(tasks[0].id, committed: committed).isEmpty
    }
}
