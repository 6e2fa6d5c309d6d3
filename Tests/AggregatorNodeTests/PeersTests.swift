import AggregatorNode
import AsyncHTTPClient
import DAP
import Datastore
import Encodings
import Foundation
import Ledger
import Tasks
import TestSupport
import Testing

/// A node of both roles with two peers, one of which only helps.
@Suite struct PeersTests {
    private struct BothRoles {
        let directory: TemporaryFolder
        let node: NodeConfiguration
        let keys: NodeKeys

        init() throws {
            directory = try TemporaryFolder.ofNodes()
            let path = directory.path
            for name in ["b", "b2", "c"] {
                try KeyFiles.makePreSharedKey(at: "\(path)/\(name).psk")
                try KeyFiles.makeToken(at: "\(path)/\(name).token")
            }
            try KeyFiles.makeToken(at: "\(path)/collector.token")
            try KeyFiles.makeLogKey(name: "a.example/log", at: "\(path)/log.skey")
            try KeyFiles.makeWitnessKey(name: "a.example/witness", at: "\(path)/witness.skey")
            node = try .load(yaml: Self.yaml(second: "c"), file: "\(path)/node.yaml")
            keys = try .load(node)
        }

        static func yaml(second: String) -> String {
            """
            listen: 127.0.0.1:8301
            public_url: https://a.example/
            data_dir: data
            leader: { log_origin: a.example/log, log_key_file: log.skey, collector_token_files: [collector.token] }
            helper: { witness_key_file: witness.skey }
            peers:
              - { url: https://b.example/, psk_files: [b.psk, b2.psk], token_files: [b.token, b2.token], log_origin: b.log }
              - { url: https://c.example/, psk_files: [\(second).psk], token_files: [\(second).token] }
            """
        }

        func task(leader: String, helper: String) throws -> TaskConfiguration {
            try TaskConfiguration(
                taskInfo: [1], leaderURL: leader, helperURL: helper, timePrecision: 60, minBatchSize: 2,
                batchMode: .leaderSelected, vdaf: .count, taskInterval: nil,
                cairn: nil)
        }
    }

    @Test func whoIsWhatToWhomIsInTheConfiguration() throws {
        let both = try BothRoles()
        let peers = Peers(both.node, keys: both.keys, http: NodeClients(.shared), logger: quietLogger())
        #expect(peers.all.map(\.role) == [.leader, .helper, .leader])
        #expect(
            peers.all.map(\.settings.url.string) == ["https://b.example", "https://b.example", "https://c.example"])
        #expect(peers.all(as: .helper).map(\.settings.logOrigin) == ["b.log"])
        let roles = peers.all.map { $0.own.identity(clock: 1).role }
        #expect(roles == [.leader, .helper, .leader])
        #expect(peers.all.map { $0.own.identity(clock: 1).logOrigin } == ["a.example/log", "b.log", "a.example/log"])
        #expect(
            peers.all.map { $0.own.identity(clock: 1).noteKey } == [
                both.keys.noteKey(.leader)?.vkey, both.keys.noteKey(.helper)?.vkey, both.keys.noteKey(.leader)?.vkey,
            ])
    }

    @Test func secretsAndTokensBelongToOnePeer() throws {
        let both = try BothRoles()
        let path = both.directory.path
        for (kind, word) in [("psk", "pre-shared key"), ("token", "token")] {
            let file = "\(path)/c.\(kind)"
            let kept = try String(contentsOfFile: file, encoding: .utf8)
            let others = try String(contentsOfFile: "\(path)/b2.\(kind)", encoding: .utf8)
            try others.write(toFile: file, atomically: false, encoding: .utf8)
            let error = #expect(throws: KeyFileError.self) { _ = try NodeKeys.load(both.node) }
            #expect(error?.description.hasPrefix("\(file): the same \(word) as in \(path)/b2.\(kind)") == true)
            try kept.write(toFile: file, atomically: false, encoding: .utf8)
        }
        #expect(throws: Never.self) { _ = try NodeKeys.load(both.node) }
    }

    @Test func aTaskSaysWhatTheNodeIsInIt() throws {
        let both = try BothRoles()
        let (a, b, c, d) = ("https://A.example", "https://b.example/", "https://c.example/", "https://d.example/")
        func part(_ leader: String, _ helper: String, _ asked: NodeRole? = nil) throws -> PartInTask {
            try PartInTask(try both.task(leader: leader, helper: helper), both.node, both.keys, asked: asked)
        }
        #expect(try part(a, b).role == .leader && part(a, b).peer.url.string == "https://b.example")
        #expect(try part(b, a).role == .helper && part(a, c).role == .leader)
        #expect(try part(b, a).logOrigin(both.node) == "b.log" && part(a, b).logOrigin(both.node) == "a.example/log")
        #expect(try part(a, b, .leader).role == .leader)
        #expect(try part(a, b).shared.preSharedKey == both.keys.peers[0].preSharedKeys[0])
        let refused: [(String, String, NodeRole?, String)] = [
            (a, b, .helper, "as its leader, not as its helper"), (b, a, .leader, "as its helper, not as its leader"),
            (a, a, nil, "are one node"), (b, b, nil, "are one node"), (b, c, nil, "configuration says"),
            (a, d, nil, "configuration says https://b.example, https://c.example"),
            (d, a, nil, "the task's leader is https://d.example/"), (c, a, nil, "has no log_origin for it"),
        ]
        for (leader, helper, asked, word) in refused {
            let error = #expect(throws: TaskRefusal.self) { _ = try part(leader, helper, asked) }
            #expect(error?.description.contains(word) == true, "\(String(describing: error))")
        }
        // A section that is not there.
        var alone = both.node
        alone.leader = nil
        let task = try both.task(leader: a, helper: b)
        let error = #expect(throws: TaskRefusal.self) { _ = try PartInTask(task, alone, both.keys) }
        #expect(error?.description.contains("has a section 'leader'") == true)
    }

    /// A task that names where the peer was is one with that peer, and nobody else's.
    @Test func tasksOfAPeerThatHasMovedGoOn() throws {
        let both = try BothRoles()
        var node = both.node
        node.peers[0].formerURLs = [try #require(BaseURL("https://old.example/"))]
        let peers = Peers(node, keys: both.keys, http: NodeClients(.shared), logger: quietLogger())
        for (leader, helper, role) in [
            ("https://old.example/", "https://a.example/", NodeRole.helper),
            ("https://a.example/", "https://old.example", .leader),
            ("https://a.example/", "https://b.example", .leader),
        ] {
            let configuration = try both.task(leader: leader, helper: helper)
            let place = try PartInTask(configuration, node, both.keys)
            #expect(place.role == role && place.peer.url.string == "https://b.example")
            let task = try NodeTask(
                StoredTask(
                    id: configuration.taskID, name: "moved", configuration: configuration.encoding,
                    collectorConfig: HpkeKeyPair.generate(id: 1).config.encoded(), policyText: nil,
                    verifyKey: [UInt8](repeating: 1, count: 32), role: role))
            let peer = peers.peer(of: task)
            #expect(peer.client.baseURL.string == "https://b.example" && peer.role == role)
        }
        // One node in both places, once under each name, is one node; and a former URL is no place for this one.
        for (leader, helper) in [
            ("https://b.example/", "https://old.example/"), ("https://old.example/", "https://c.example/"),
        ] {
            let task = try both.task(leader: leader, helper: helper)
            #expect(throws: TaskRefusal.self) { _ = try PartInTask(task, node, both.keys) }
        }
    }

    /// Whoever reads a finding has to find the line, of the peer that is meant.
    @Test func findingsNameTheLinesOfThePeer() throws {
        let both = try BothRoles()
        let peers = Peers(both.node, keys: both.keys, http: NodeClients(.shared), logger: quietLogger()).all
        let task = TaskID.random()
        func texts(_ peer: Peer) -> [String] {
            let words = PeerWords(peer.settings, role: peer.role)
            return [
                .psk(words), .token(absent: false, own: peer.role, words), .token(absent: true, own: peer.role, words),
                .peerURL(configured: "x", stated: "y", words), .wrongRole(own: peer.role, words),
                .unreachable("z", words), .verifyKey(task, samePSK: false, words),
                .logOrigin(own: "o", peer: "p", words), .publicURL(own: "a", believed: "b", isLeader: true, words),
                .clock(skew: 99, isTooMuch: true, words), .hidden("404", words),
                .taskUnknown(task, own: peer.role, words), .sameNode(words),
                .plainPeer(own: peer.role, answer: "404", words), .taskEnded(task, own: peer.role, words),
            ].map { (finding: HandshakeFinding) in finding.advice }
        }
        for peer in peers {
            for text in texts(peer) where !text.hasPrefix("leader.log_origin") {
                #expect(text.contains("\(peer.settings.url)"), "\(text)")
            }
            for text in texts(peer) {
                for former in [
                    "peer.url", "peer.psk_file", "tokens.aggregator", "log.origin", "log.key_file", "'role'",
                ] {
                    #expect(!text.replacing("leader.log_origin", with: "").contains(former), "\(text)")
                }
            }
            #expect(texts(peer)[0].hasPrefix("psk_files of the peer \(peer.settings.url) in 'peers'"))
            #expect(texts(peer)[1].contains("token_files of the peer"))
        }
        // A file of one role has the keys that it has.
        var only = both.node.peers[0]
        only.isOnlyOne = true
        #expect(HandshakeFinding.psk(PeerWords(only, role: .leader)).advice.hasPrefix("peer.psk_file: "))
    }

    /// The other aggregator of a stored task is no peer any more.
    @Test func aTaskWithoutItsPeerWaitsAndNothingIsSent() async throws {
        let both = try BothRoles()
        let configuration = try both.task(leader: "https://gone.example/", helper: "https://a.example/")
        let task = try NodeTask(
            StoredTask(
                id: configuration.taskID, name: "gone", configuration: configuration.encoding,
                collectorConfig: HpkeKeyPair.generate(id: 1).config.encoded(), policyText: nil,
                verifyKey: [UInt8](repeating: 1, count: 32), role: .helper))
        let peer = Peers(both.node, keys: both.keys, http: NodeClients(.shared), logger: quietLogger()).peer(of: task)
        #expect(!peer.standing.mayWork(on: task))
        #expect(peer.standing.obstacles(task).first?.advice.contains("'peers'") == true)
        await #expect(throws: NodeError.self) { try await peer.standing.admit(task) }
        let error = await #expect(throws: PeerError.self) {
            _ = try await peer.client.send(.GET, "https://gone.example/x", maxResponseBytes: 1)
        }
        #expect(error?.description.contains("no peer of that URL") == true)

        // A peer that has moved is still the one that its tasks name, and no other is.
        var moved = both.node
        moved.peers[0].formerURLs = [try #require(BaseURL("https://GONE.example"))]
        let found = Peers(moved, keys: both.keys, http: NodeClients(.shared), logger: quietLogger()).peer(of: task)
        #expect(found.role == .helper && found.settings.url == moved.peers[0].url)
        moved.peers[0].formerURLs = []
        moved.peers[1].formerURLs = [try #require(BaseURL("https://gone.example"))]
        let other = Peers(moved, keys: both.keys, http: NodeClients(.shared), logger: quietLogger()).peer(of: task)
        #expect(other.settings.pskFiles.isEmpty, "this node is no helper to that one")
    }

    /// A node that is both to a peer gets its own request back, and answers it as a stranger's.
    @Test func aNodeOfBothRolesDoesNotAnswerItself() async throws {
        let both = try BothRoles()
        let peers = Peers(both.node, keys: both.keys, http: NodeClients(.shared), logger: quietLogger()).all
        let request = HandshakeRequest(
            identity: peers[0].own.identity(clock: 5), tasks: [], preSharedKey: both.keys.peers[0].preSharedKey)
        let answer = try await HandshakeResponder(own: peers[1].own).answer(request, token: .right, clock: 5) { _ in
            .unknown
        }
        #expect(!answer.head.isTrusting && answer.head.identity.peerURL.isEmpty)
    }

    /// While a secret is replaced, either is taken, and the answer is in the asker's.
    @Test func eitherOfTwoSecretsProvesAPeer() async throws {
        let both = try BothRoles()
        let own = Peers(both.node, keys: both.keys, http: NodeClients(.shared), logger: quietLogger()).all[0].own
        var identity = own.identity(clock: 5)
        (identity.role, identity.statementKey) = (.helper, [UInt8](repeating: 3, count: 32))
        for (secret, isRight) in [
            (both.keys.peers[0].preSharedKeys[0], true), (both.keys.peers[0].preSharedKeys[1], true),
            (both.keys.peers[1].preSharedKey, false),
        ] {
            let request = HandshakeRequest(identity: identity, tasks: [], preSharedKey: secret)
            let answer = try await HandshakeResponder(own: own).answer(request, token: .absent, clock: 5) { _ in
                .unknown
            }
            #expect(answer.head.isTrusting == isRight && answer.isProved(preSharedKey: secret) == isRight)
        }
    }

    @Test func anotherKeyThanTheDatabasesIsSaidWithItsFile() throws {
        let both = try BothRoles()
        let identity = NodeIdentity(both.keys)
        #expect(Set(identity.fingerprints.keys) == Set(NodeIdentity.Key.allCases))
        #expect(identity.refusal([:], both.node) == nil)
        let files: [NodeIdentity.Key: String] = [
            .hpke: both.node.hpkeKeyFile, .statement: both.node.statementKeyFile,
            .log: "\(both.directory.path)/log.skey", .witness: "\(both.directory.path)/witness.skey",
        ]
        for (key, file) in files {
            let refusal = try #require(identity.refusal([key.rawValue: [UInt8](repeating: 1, count: 32)], both.node))
            #expect(refusal.hasPrefix("\(file) is not the key that this node has used"))
            #expect(refusal.contains("0101010101010101"))
            #expect(refusal.contains(key == .hpke ? "--new-hpke-key" : "cairn node restored"))
        }
        // One role has one key in the log.
        var leader = both.keys
        leader.witness = nil
        #expect(NodeIdentity(leader).fingerprints[.witness] == nil)
    }
}
