import AggregatorNode
import Contributor
import Crypto
import DAP
import Foundation
import Ledger
import Testing

/// Somebody sits between a contributor and the two nodes, and wants both to be asked for keys of its own making.
@Suite struct HpkeListAttackTests {
    @Test func honestNodesAreBelievedAndAskedOnce() async throws {
        try await InTheMiddle.withScene { scene in
            let client = try scene.client(home: scene.home)
            for _ in 0..<2 {
                let configs = try await client.aggregatorConfigs()
                #expect(configs.leader == scene.config(.leader) && configs.helper == scene.config(.helper))
            }
            for role in [Role.leader, .helper] { #expect(try scene.between(role).requests() == [false]) }
            // What a node calls outdated is fetched past every cache.
            _ = try await client.aggregatorConfigs(refresh: true)
            for role in [Role.leader, .helper] { #expect(try scene.between(role).requests() == [true]) }
        }
    }

    @Test(arguments: [Role.leader, .helper]) func nobodyCanPutAKeyOfItsOwnInPlaceOfANodes(role: Role) async throws {
        try await InTheMiddle.withScene { scene in
            let middle = try scene.between(role)
            let other: Role = role == .leader ? .helper : .leader
            let now = currentTime()
            let forged = HpkeConfigList(configs: [HpkeKeyPair.generate(id: scene.config(role).id).config]).encoded()
            let both = HpkeConfigList(
                configs: [HpkeKeyPair.generate(id: scene.config(role).id &+ 1).config, scene.config(role)]
            ).encoded()
            let genuine = HpkeConfigList(configs: [scene.config(role)]).encoded()
            let stranger = Curve25519.Signing.PrivateKey()
            let elsewhere = try NodePair()
            let theirs = role == .leader ? elsewhere.leaderKeys : elsewhere.helperKeys

            let attacks: [(String, HpkeListFault, InTheMiddle.Change)] = [
                ("the list is swapped", .notSignedByIt, { answer, _ in InTheMiddle.changing(answer, list: forged) }),
                ("a key is put in front", .notSignedByIt, { answer, _ in InTheMiddle.changing(answer, list: both) }),
                (
                    "the list is swapped and signed by who swapped it", .notSignedByIt,
                    { answer, _ in
                        InTheMiddle.changing(
                            answer, list: forged,
                            signature: try HpkeListSignature(of: forged, role: role, now: now, key: stranger))
                    }
                ),
                (
                    "the list is that of another node of this kind", .notSignedByIt,
                    { answer, _ in
                        let list = HpkeConfigList(configs: [theirs.hpke.config]).encoded()
                        return InTheMiddle.changing(
                            answer, list: list,
                            signature: try HpkeListSignature(of: list, role: role, now: now, key: theirs.statement))
                    }
                ),
                (
                    "the header is taken away", .unsigned,
                    { answer, _ in
                        var answer = answer
                        answer.headers[InTheMiddle.header] = nil
                        return answer
                    }
                ),
                (
                    "list and header are taken away", .unsigned,
                    { answer, _ in
                        var answer = InTheMiddle.changing(answer, list: forged)
                        answer.headers[InTheMiddle.header] = nil
                        return answer
                    }
                ),
                (
                    "the header is cut off", .malformed("truncated"),
                    { answer, _ in
                        var answer = answer
                        answer.headers[InTheMiddle.header]?.removeLast(4)
                        return answer
                    }
                ),
                (
                    "the list is the other aggregator's, so that one node could open both shares", .ofTheOther(other),
                    { answer, _ in
                        let list = HpkeConfigList(configs: [scene.config(other)]).encoded()
                        return InTheMiddle.changing(
                            answer, list: list,
                            signature: try HpkeListSignature(
                                of: list, role: other, now: now, key: scene.statementKey(other)))
                    }
                ),
                (
                    "the other aggregator signs in this one's name", .notSignedByIt,
                    { answer, _ in
                        let list = HpkeConfigList(configs: [scene.config(other)]).encoded()
                        return InTheMiddle.changing(
                            answer, list: list,
                            signature: try HpkeListSignature(
                                of: list, role: role, now: now, key: scene.statementKey(other)))
                    }
                ),
                (
                    "the list is one of long ago, whose key has leaked", .expired(since: 3 * 86_400),
                    { answer, _ in
                        InTheMiddle.changing(
                            answer, list: forged,
                            signature: try HpkeListSignature(
                                of: forged, role: role, issued: now - 10 * 86_400, expires: now - 3 * 86_400,
                                key: scene.statementKey(role)))
                    }
                ),
                (
                    "a node signs for longer than a week", .lifetime(issued: now - 86_400, expires: now + 7 * 86_400),
                    { answer, _ in
                        InTheMiddle.changing(
                            answer,
                            signature: try HpkeListSignature(
                                of: genuine, role: role, issued: now - 86_400, expires: now + 7 * 86_400,
                                key: scene.statementKey(role)))
                    }
                ),
            ]
            for (attack, expected, change) in attacks {
                middle.answer(change)
                let fault = try #require(try await scene.fault(role, home: scene.home), "\(attack)")
                #expect(Self.isSameKind(fault, expected), "\(attack): \(fault)")
            }
            middle.passOn()
            #expect(try await scene.fault(role, home: scene.home) == nil)
        }
    }

    /// Times pass while a test runs, and reasons are worded.
    private static func isSameKind(_ left: HpkeListFault, _ right: HpkeListFault) -> Bool {
        switch (left, right) {
        case (.expired(let left), .expired(let right)): left >= right && left < right + 600
        case (.malformed, .malformed): true
        default: left == right
        }
    }

    @Test(arguments: [Role.leader, .helper]) func anOlderListIsNoLongerBelievedOnceANewerWasSeen(role: Role)
        async throws
    {
        try await InTheMiddle.withScene { scene in
            let middle = try scene.between(role)
            let now = currentTime()
            let leaked = HpkeConfigList(configs: [HpkeKeyPair.generate(id: 1).config]).encoded()
            let old = try HpkeListSignature(
                of: leaked, role: role, issued: now - now % 3600 - 3600, expires: now + 86_400,
                key: scene.statementKey(role))
            let replay: InTheMiddle.Change = { answer, _ in InTheMiddle.changing(answer, list: leaked, signature: old) }

            // Before: it is a list that the node signed, and not expired.
            middle.answer(replay)
            #expect(try await scene.fault(role, home: scene.home) == nil)
            middle.passOn()
            let client = try scene.client(home: scene.home)
            _ = try await client.aggregatorConfigs()
            _ = middle.requests()
            middle.answer(replay)
            // The same client, the next command at the same home, and a client that has its own memory only.
            await #expect(throws: ContributorError.self) { try await client.aggregatorConfigs(refresh: true) }
            #expect(middle.requests() == [true])
            guard case .older(old.issued, _) = try await scene.fault(role, home: scene.home) else {
                Issue.record("an old list is believed by the next command")
                return
            }
            #expect(middle.requests() == [false, true], "an honest cache would have been passed by")
            #expect(try await scene.fault(role) == nil, "who has seen nothing newer cannot know")
            middle.passOn()
            #expect(try await scene.fault(role, home: scene.home) == nil)
        }
    }

    @Test func anHonestCacheThatIsLateIsPassedBy() async throws {
        try await InTheMiddle.withScene { scene in
            let middle = try scene.between(.helper)
            let now = currentTime()
            let list = HpkeConfigList(configs: [scene.config(.helper)]).encoded()
            let (old, expired) = try (
                HpkeListSignature(
                    of: list, role: .helper, issued: now - 90_000, expires: now + 60_000,
                    key: scene.statementKey(.helper)),
                HpkeListSignature(
                    of: list, role: .helper, issued: now - 200_000, expires: now - 20_000,
                    key: scene.statementKey(.helper))
            )
            #expect(try await scene.fault(.helper, home: scene.home) == nil)
            for cached in [old, expired] {
                _ = middle.requests()
                middle.answer { answer, isFresh in isFresh ? answer : InTheMiddle.changing(answer, signature: cached) }
                #expect(try await scene.fault(.helper, home: scene.home) == nil)
                #expect(middle.requests() == [false, true])
            }
        }
    }

    /// A node that changes its key twice within an hour: neither list is older than the other.
    @Test func aNodeMayChangeItsKeyWithinTheHour() async throws {
        try await InTheMiddle.withScene { scene in
            let middle = try scene.between(.leader)
            #expect(try await scene.fault(.leader, home: scene.home) == nil)
            let new = HpkeKeyPair.generate(id: 200).config
            let list = HpkeConfigList(configs: [new]).encoded()
            let signature = try HpkeListSignature(
                of: list, role: .leader, now: currentTime(), key: scene.statementKey(.leader))
            middle.answer { answer, _ in InTheMiddle.changing(answer, list: list, signature: signature) }
            #expect(try await scene.client(home: scene.home).aggregatorConfigs().leader == new)
        }
    }

    @Test func aNodeWhoseClockIsHoursAheadIsNotBelieved() async throws {
        try await InTheMiddle.withScene(ahead: 3 * 3600) { scene in
            for role in [Role.leader, .helper] {
                let fault = try await #require(throws: ContributorError.self) {
                    try await scene.client().aggregatorConfigs()
                }
                guard case .untrustedHpkeConfigs(_, .issuedInTheFuture) = fault else {
                    Issue.record("\(role): \(fault)")
                    return
                }
            }
        }
    }

    /// Any DAP-18 aggregator may serve tasks that name no keys, and signs nothing.
    @Test func tasksWithoutStatementKeysNeedNoSignature() async throws {
        try await InTheMiddle.withScene(committed: false) { scene in
            for role in [Role.leader, .helper] {
                try scene.between(role).answer { answer, _ in
                    var answer = answer
                    answer.headers[InTheMiddle.header] = nil
                    return answer
                }
            }
            #expect(try await scene.fault(.leader, home: scene.home) == nil)
            #expect(!FileManager.default.fileExists(atPath: "\(scene.home.path)/hpke-seen.json"))
        }
    }
}
