import AggregatorNode
import DAP
import Datastore
import Encodings
import Foundation
import Hummingbird
import Ledger
import Synchronization
import TestSupport
import Testing
import TransparencyLog

/// A leader whose log policy names witnesses that belong to neither aggregator.
@Suite struct IndependentWitnessTests {
    /// A witness of somebody else, with a memory of its own.
    private final class Stranger: Sendable {
        let name: String
        let cosigner: Cosigner
        let store: NodeDatabase
        let directory: TemporaryFolder
        /// How many seconds its clock is ahead.
        let ahead = Mutex<UInt64>(0)

        init(_ name: String) throws {
            self.name = name
            cosigner = try Cosigner(name: "\(name).example")
            directory = try TemporaryFolder.ofNodes()
            store = try .open(path: directory.file("witness.sqlite"))
        }

        var routes: RouteTable {
            var routes = RouteTable()
            WitnessRoutes(
                store: store, cosigner: cosigner, prefix: "",
                now: { UInt64(Date().timeIntervalSince1970) + self.ahead.withLock { $0 } }
            ).addRoutes(to: &routes)
            return routes
        }

        func line(port: Int) -> String { "witness \(name) \(cosigner.verifier.vkey) http://127.0.0.1:\(port)/\n" }

        func watch(_ pair: NodePair) async throws {
            try await store.trustLog(origin: pair.leader.logOrigin, vkey: pair.leaderKeys.note.vkey)
        }

        func size(_ pair: NodePair) async throws -> UInt64? {
            try await store.witnessedLog(origin: pair.leader.logOrigin)?.latest?.size
        }
    }

    /// Runs two strangers' servers.
    private func withStrangers(
        _ body: @escaping @Sendable (_ witnesses: [Stranger], _ lines: String) async throws -> Void
    ) async throws {
        let strangers = [try Stranger("north"), try Stranger("south")]
        try await withServer(strangers[0].routes) { north in
            try await withServer(strangers[1].routes) { south in
                try await body(
                    strangers, strangers[0].line(port: north.port) + strangers[1].line(port: south.port))
            }
        }
    }

    @Test func aQuorumOfSeveralIsMetAlthoughOneIsDead() async throws {
        try await withStrangers { strangers, lines in
            let dead = try Cosigner(name: "dead.example").verifier.vkey
            let pair = try NodePair(
                witnesses: lines
                    + "witness dead \(dead) http://127.0.0.1:1/\ngroup outside 2 north south dead\n"
                    + "group everybody all helper outside\nquorum everybody\n")
            for stranger in strangers { try await stranger.watch(pair) }
            let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
            try await pair.withNodes { _, _ in
                let reports = try (0..<3).map { _ in try client.report([1, 2, 3]) }
                try await client.upload(reports)
                let (count, sums) = try await client.collect(.leaderSelected)
                #expect(count == 3 && sums == .vector([3, 6, 9]))
                let audit = try await client.audit()
                #expect(audit.isVerified)
                #expect(audit.policyVerdict.witnesses.map(\.name) == ["helper", "north", "south", "dead"])
                #expect(audit.policyVerdict.witnesses.filter { $0.outcome != .missing }.count == 3)
                let receipt = try await client.awaitReceipt(reports[0].metadata.reportID)
                #expect(
                    Receipt.verify(file: receipt.body, policy: try LogPolicy(parsing: Array(pair.policy.utf8))).isValid)
                for stranger in strangers { #expect(try await stranger.size(pair) == audit.head.size) }
            }
        }
    }

    /// A witness that no quorum needs fills the checkpoint with valid lines of its own: the others' word counts without it.
    @Test func aWitnessThatSignsNinetyNineTimesStopsNobody() async throws {
        let liar = try Cosigner(name: "liar.example")
        var routes = RouteTable()
        routes.post("/add-checkpoint") { request, _ in
            let body = try await request.bytes(upTo: 1 << 20)
            let shown = try AddCheckpointRequest(parsing: body).checkpoint.checkpoint
            let lines = try (1...99).map { try liar.cosign(shown, timestamp: $0).line }
            return .bytes(Array(lines.joined().utf8), type: "text/plain; charset=utf-8")
        }
        try await withServer(routes) { server in
            let pair = try NodePair(
                witnesses: "witness liar \(liar.verifier.vkey) http://127.0.0.1:\(server.port)/\nquorum helper\n")
            let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
            try await pair.withNodes { _, _ in
                try await client.upload((0..<2).map { _ in try client.report([1, 2, 3]) })
                let (count, _) = try await client.collect(.leaderSelected)
                #expect(count == 2)
                let audit = try await client.audit()
                #expect(audit.isVerified)
                let liars = audit.policyVerdict.witnesses.filter { $0.name == "liar" }
                // It may have been too slow; nobody waits for it.
                #expect(liars.allSatisfy { [.valid(timestamp: 99), .missing].contains($0.outcome) })
            }
        }
    }

    /// Nothing is collected before the quorum stands, and all goes on once it does.
    @Test func aMissingWitnessOfTheQuorumHoldsTheShareBack() async throws {
        try await withStrangers { strangers, lines in
            let pair = try NodePair(
                witnesses: lines + "group everybody all helper north south\nquorum everybody\n")
            try await strangers[0].watch(pair)
            let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
            try await pair.withNodes { leader, _ in
                let reports = try (0..<3).map { _ in try client.report([1, 2, 3]) }
                try await client.upload(reports)
                while try await leader.context.store.reportCounts(task: client.file.taskID).accepted < 3 {
                    try await Task.sleep(for: .milliseconds(20))
                }
                let collection = Task { try await client.collect(.leaderSelected) }
                _ = try await eventually("the others have cosigned meanwhile") { try await strangers[0].size(pair) }
                try await Task.sleep(for: .milliseconds(500))
                #expect(try await client.receipt(reports[0].metadata.reportID).status == 202)
                let source = DirectoryTileSource(directory: pair.leader.logDirectory)
                await #expect(throws: TileSourceError.notFound(path: "checkpoint")) {
                    try await source.tile(path: "checkpoint")
                }

                try await strangers[1].watch(pair)
                let (count, sums) = try await collection.value
                #expect(count == 3 && sums == .vector([3, 6, 9]))
                #expect(try await client.audit().isVerified)
            }
        }
    }

    /// The helper is away for a day. Reports that wait and reports in a job are given up, and the promise is kept.
    @Test func reportsThatNothingBecomesOfAreGivenUpInTime() async throws {
        try await withStrangers { strangers, lines in
            let pair = try NodePair(
                witnesses: lines + "group anybody 1 helper north\nquorum anybody\n")
            for stranger in strangers { try await stranger.watch(pair) }
            let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
            var leader = try await pair.start(pair.leader)
            let early = try (0..<2).map { _ in try client.report([1, 2, 3]) }
            let answer = try await client.uploadAnswer(early)
            let promise = try UploadPromise(
                parsing: try #require(answer.headers["cairn-promise"].flatMap { Base64.decode($0) }))
            #expect(try await leader.context.store.reportCounts(task: client.file.taskID).received == 2)
            await leader.stop()

            for stranger in strangers { stranger.ahead.withLock { $0 = 84_000 } }
            leader = try await pair.start(pair.leader, ahead: 84_000)
            while try await leader.context.store.reportCounts(task: client.file.taskID).rejected[.reportDropped] != 2 {
                try await Task.sleep(for: .milliseconds(20))
            }
            let helper = try await pair.start(pair.helper, ahead: 84_000)
            let late = try (0..<2).map { _ in try client.report([3, 2, 1]) }
            try await client.upload(late)
            let (count, sums) = try await client.collect(.leaderSelected)
            #expect(count == 2 && sums == .vector([6, 4, 2]))
            #expect(try await client.audit().isVerified)
            let judge = PromiseJudge(
                source: DirectoryTileSource(directory: pair.leader.logDirectory),
                policy: try LogPolicy(parsing: Array(pair.policy.utf8)))
            for held in try promise.held(
                for: early.map(client.entry), configuration: client.file.configuration.encoding)
            {
                guard
                    case .kept(by: "rejected", _) = try await judge.judge(
                        file: held.serialized(), now: UInt64(Date().timeIntervalSince1970))
                else {
                    Issue.record("the promise is not kept")
                    continue
                }
            }
            await leader.stop()
            await helper.stop()
        }
    }

    /// The log's key signs one tree for an outsider and another for everybody else: then the outsider cosigns no more of
    /// either, and a leader that learns of it stops.
    @Test func aWitnessThatSawAnotherHistoryStopsTheLog() async throws {
        try await withStrangers { strangers, lines in
            let pair = try NodePair(
                witnesses: lines + "group everybody all helper north\nquorum everybody\n")
            for stranger in strangers { try await stranger.watch(pair) }
            guard let signer = pair.leaderKeys.log else { return }
            let forked = try SignedCheckpoint(
                Checkpoint(origin: pair.leader.logOrigin, size: 1, root: [UInt8](repeating: 9, count: 32)),
                signedBy: signer)
            let isStored = try await strangers[0].store.advanceWitness(
                origin: pair.leader.logOrigin, previous: nil,
                to: WitnessedCheckpoint(size: 1, root: forked.checkpoint.root, note: forked.serialized()))
            #expect(isStored)
            let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
            try await pair.withNodes { _, _ in
                // Whoever has the leader's key signed more than this leader knows: it takes nothing and stops. (A witness
                // that does not answer within two seconds is not waited for, and a node that has stopped is gone.)
                _ = try await eventually("the leader takes nothing") {
                    let answer = try? await client.uploadAnswer([try client.report([1, 2, 3])])
                    return answer?.status ?? 503 == 503 ? true : nil
                }
                let source = DirectoryTileSource(directory: pair.leader.logDirectory)
                await #expect(throws: TileSourceError.notFound(path: "checkpoint")) {
                    try await source.tile(path: "checkpoint")
                }
                let size = try await strangers[0].size(pair)
                #expect(size == 1, "it keeps to what it saw first")
            }
        }
    }

    /// A leader put back from a backup, keys and log and all, later: what it gives up or signs before it has asked is
    /// evidence against itself. (After ten minutes it would believe its clock by itself; after a day, reports are due.)
    @Test(arguments: [600, 100_000] as [UInt64])
    func aRestoredLeaderEndsAndSignsNothingBeforeItHasAskedItsWitnesses(after time: UInt64) async throws {
        try await withStrangers { strangers, lines in
            let pair = try NodePair(
                witnesses: lines + "group everybody all helper north\nquorum everybody\n")
            for stranger in strangers { try await stranger.watch(pair) }
            guard let signer = pair.leaderKeys.log else { return }
            let origin = pair.leader.logOrigin
            let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
            let leader = try await pair.start(pair.leader)
            try await client.upload((0..<2).map { _ in try client.report([1, 2, 3]) })
            let known = try await eventually("the task is cosigned") {
                try await strangers[0].store.witnessedLog(origin: origin)?.latest
            }
            let before = try await leader.context.store.largestCheckpoint()?.note
            await leader.stop()

            // What it went on to sign after the backup.
            let later = try SignedCheckpoint(
                Checkpoint(origin: origin, size: 5, root: [UInt8](repeating: 9, count: 32)), signedBy: signer)
            let isStored = try await strangers[0].store.advanceWitness(
                origin: origin, previous: known.size,
                to: WitnessedCheckpoint(size: 5, root: later.checkpoint.root, note: later.serialized()))
            #expect(isStored)
            for stranger in strangers { stranger.ahead.withLock { $0 = time } }
            // It may stop before it listens.
            let restored = try? await pair.start(pair.leader, ahead: time)
            let store = try await pair.leader.openTestDatabase()
            _ = try await eventually("it stops") { try await store.haltReason() }
            try await Task.sleep(for: .milliseconds(500))
            #expect(try await store.reportCounts(task: client.file.taskID).rejected.isEmpty)
            #expect(try await store.largestCheckpoint()?.note == before)
            #expect(try await strangers[1].size(pair) == known.size)
            await restored?.stop()
            try store.close()
        }
    }

    /// A witness that answers a byte a second holds the first checkpoint and upload up for two seconds, not for ever.
    @Test func aWitnessThatDripsIsNotWaitedFor() async throws {
        var routes = RouteTable()
        routes.get("/{log}/checkpoint") { _, _ in
            Response(
                status: .ok,
                body: .init { writer in
                    for _ in 0..<180 {
                        try await writer.write(ByteBuffer(string: "x"))
                        try await Task.sleep(for: .seconds(1))
                    }
                    try await writer.finish(nil)
                })
        }
        routes.post("/add-checkpoint") { _, _ in throw NodeError.http(404, "not here") }
        try await withServer(routes) { server in
            let mute = try Cosigner(name: "mute.example")
            let pair = try NodePair(
                witnesses: "witness mute \(mute.verifier.vkey) http://127.0.0.1:\(server.port)/\nquorum helper\n")
            let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
            try await pair.withNodes { _, _ in
                let begin = ContinuousClock.now
                _ = try await client.uploadAnswer([try client.report([1, 2, 3])])
                #expect(ContinuousClock.now - begin < .seconds(100), "it drips for three minutes")
            }
        }
    }
}
