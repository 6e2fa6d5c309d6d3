import DAP
import Encodings
import Ledger
import Testing

/// `Protocols/vectors/handshake.json`: an exchange about three tasks, and the answer that a stranger gets.
@Suite struct HandshakeVectorTests {
    private struct Vectors: Encodable {
        var psk: String
        var tasks: [Task]
        var request: String
        var requestHash: String
        var answer: String
        var stranger: String
    }

    private struct Task: Encodable {
        var taskId: String
        var leaderVerifyKey: String
        var helperVerifyKey: String?
        var status: String
    }

    private static func identity(_ role: Role) -> HandshakeIdentity {
        let isLeader = role == .leader
        let urls = ["https://leader.example", "https://helper.example/cairn"]
        return HandshakeIdentity(
            role: role, nonce: counting(32, from: isLeader ? 1 : 101), clock: 1_800_000_000 + (isLeader ? 0 : 2),
            revision: isLeader ? 3 : 5, software: "example 1", url: isLeader ? urls[0] : urls[1],
            peerURL: isLeader ? urls[1] : urls[0], statementKey: counting(32, from: isLeader ? 33 : 133),
            logOrigin: "leader.example/log", noteKey: isLeader ? "leader.example/log+key" : "helper.example/w+key")
    }

    @Test func handshakeVectorsAreWhatTheCodeDerives() throws {
        let psk = counting(32, from: 200)
        let ids = try (0..<3).map { try #require(TaskID(counting(32, from: 10 * UInt8($0)))) }
        let keys = [counting(32, from: 50), counting(32, from: 60), counting(32, from: 70)]
        let request = HandshakeRequest(
            identity: Self.identity(.leader), tasks: zip(ids, keys).map { ($0, $1) }, preSharedKey: psk)
        #expect(request.isProved(preSharedKey: psk) && !request.isProved(preSharedKey: counting(32, from: 201)))
        let other = counting(32, from: 61)
        let head = HandshakeAnswer.Head(
            identity: Self.identity(.helper), requestHash: request.hash, token: .right, psk: .right)
        let answer = HandshakeAnswer(
            head: head,
            tasks: [(ids[0], .sameKey, keys[0]), (ids[1], .otherKey, other), (ids[2], .unknown, nil)],
            preSharedKey: psk)
        #expect(answer.isProved(preSharedKey: psk))
        #expect(answer.tasks[0].isProved(verifyKey: keys[0], head: answer.headDigest))
        #expect(!answer.tasks[1].isProved(verifyKey: keys[1], head: answer.headDigest))
        var unknown = Self.identity(.helper)
        (unknown.clock, unknown.revision, unknown.software, unknown.peerURL) = (0, 0, "", "")
        let stranger = HandshakeAnswer(
            refusing: .init(identity: unknown, requestHash: request.hash, token: .wrong, psk: .wrong))
        for message in [answer, stranger] { #expect(try HandshakeAnswer(decoding: message.encoded()) == message) }
        #expect(try HandshakeRequest(decoding: request.encoded()) == request)
        let helperKeys = [keys[0], other, nil]
        try VectorFile.check(
            "handshake.json",
            Vectors(
                psk: Hex.encode(psk),
                tasks: ids.indices.map { index in
                    Task(
                        taskId: Hex.encode(ids[index].bytes), leaderVerifyKey: Hex.encode(keys[index]),
                        helperVerifyKey: helperKeys[index].map { Hex.encode($0) },
                        status: ["same_key", "other_key", "unknown"][index])
                },
                request: Hex.encode(request.encoded()), requestHash: Hex.encode(request.hash),
                answer: Hex.encode(answer.encoded()), stranger: Hex.encode(stranger.encoded())))
    }
}
