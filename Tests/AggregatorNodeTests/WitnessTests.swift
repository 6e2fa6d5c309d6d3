import AggregatorNode
import Datastore
import Testing
import TransparencyLog

/// C2SP tlog-witness over real HTTP, on a database that outlives the server.
@Suite struct WitnessTests {
    private struct Log {
        let signer: NoteSigner
        var hashes: [[UInt8]] = []

        mutating func grow(by count: Int) {
            for _ in 0..<count { hashes.append(MerkleTree.leafHash(Array("entry \(hashes.count)".utf8))) }
        }

        func request(old: Int, size: Int? = nil, root: [UInt8]? = nil, signer: NoteSigner? = nil) throws -> [UInt8] {
            let size = size ?? hashes.count
            let leaves = Array(hashes.prefix(size))
            let checkpoint = try Checkpoint(
                origin: Parties.origin, size: UInt64(size), root: root ?? MerkleTree.root(leafHashes: leaves))
            let proof =
                old == 0 || old >= size ? [] : try MerkleTree.consistencyProof(from: UInt64(old), leafHashes: leaves)
            return AddCheckpointRequest(
                oldSize: UInt64(old), proof: proof,
                checkpoint: try SignedCheckpoint(checkpoint, signedBy: signer ?? self.signer)
            ).serialized()
        }
    }

    private struct Fixture {
        let parties: Parties
        let store: NodeDatabase
        let cosigner: Cosigner
        var log: Log

        init(trusting: Bool = true) async throws {
            parties = try Parties()
            store = try await parties.helper.openTestDatabase()
            guard let cosigner = parties.helperKeys.witness, let signer = parties.leaderKeys.log
            else {
                throw CancellationError()
            }
            self.cosigner = cosigner
            log = Log(signer: signer)
            if trusting { try await store.trustLog(origin: Parties.origin, vkey: signer.verifier.vkey) }
        }

        var routes: RouteTable {
            var routes = RouteTable()
            WitnessRoutes(store: store, cosigner: cosigner, now: { 1_700_000_000 }).addRoutes(to: &routes)
            return routes
        }
    }

    private static let add = "/witness/add-checkpoint"

    @Test func aLogGrowsUnderCosignaturesAndMonitorsSeeIt() async throws {
        var fixture = try await Fixture()
        let monitoring = "/witness/" + Witness.monitoringPath(origin: Parties.origin)
        var log = fixture.log
        let verifier = fixture.cosigner.verifier
        log.grow(by: 3)
        let first = try log.request(old: 0)
        log.grow(by: 300)
        let second = try log.request(old: 3)
        fixture.log = log
        try await withServer(fixture.routes) { client in
            #expect(try await client.send("GET", monitoring).status == 404)
            let cosigned = try await client.send("POST", Self.add, body: first)
            #expect(cosigned.status == 200)
            let request = try AddCheckpointRequest(parsing: first)
            let response = try WitnessResponse(
                status: cosigned.status, body: cosigned.body, checkpoint: request.checkpoint, witnesses: [verifier])
            guard case .cosigned(let signatures) = response else {
                Issue.record("not cosigned: \(response)")
                return
            }
            #expect(signatures.first?.timestamp == 1_700_000_000)

            #expect(try await client.send("POST", Self.add, body: second).status == 200)
            let monitored = try SignedCheckpoint(parsing: await client.send("GET", monitoring).body)
            #expect(monitored.checkpoint.size == 303)
            #expect(try monitored.note.verify(with: [verifier]).count == 1)
        }
    }

    @Test func everyBreachIsAnsweredAsTheStandardSays() async throws {
        var fixture = try await Fixture()
        fixture.log.grow(by: 10)
        let log = fixture.log
        let stranger = try NoteSigner(name: Parties.origin)
        let elsewhere = try Checkpoint(origin: "other.example", size: 10, root: [UInt8](repeating: 1, count: 32))
        let unknown = AddCheckpointRequest(
            oldSize: 0, proof: [],
            checkpoint: try SignedCheckpoint(elsewhere, signedBy: try NoteSigner(name: "other.example"))
        ).serialized()
        try await withServer(fixture.routes) { client in
            func post(_ body: [UInt8]) async throws -> Answer { try await client.send("POST", Self.add, body: body) }
            #expect(try await post(log.request(old: 0, size: 5)).status == 200)
            #expect(try await post(unknown).status == 404)
            #expect(try await post(log.request(old: 5, signer: stranger)).status == 403)
            #expect(try await post(log.request(old: 11, size: 10)).status == 400)
            #expect(try await post(Array("old five\n\n".utf8)).status == 400)
            let conflict = try await post(log.request(old: 0))
            #expect(conflict.status == 409 && conflict.text == "5\n")
            #expect(conflict.headers["content-type"] == "text/x.tlog.size")
            let fork = [UInt8](repeating: 7, count: 32)
            #expect(try await post(log.request(old: 5, root: fork)).status == 422)
            #expect(try await post(log.request(old: 5, size: 5, root: fork)).status == 422)
            #expect(try await post([UInt8](repeating: 10, count: 1 << 22)).status == 413)
            #expect(try await post(log.request(old: 5)).status == 200)
        }
        #expect(try await fixture.store.witnessedLog(origin: Parties.origin)?.latest?.size == 10)
    }

    /// Anybody can send a published checkpoint again, as often as they like.
    @Test func theSameTreeAgainIsCosignedAndWritesAndCountsNothing() async throws {
        var fixture = try await Fixture()
        fixture.log.grow(by: 3)
        let log = fixture.log
        let leader = try Cosigner(name: Parties.origin)
        let store = fixture.store
        @Sendable func stated(_ time: UInt64, old: UInt64) throws -> [UInt8] {
            let request = try AddCheckpointRequest(parsing: log.request(old: Int(old)))
            var checkpoint = request.checkpoint
            try checkpoint.append(try leader.cosign(checkpoint.checkpoint, timestamp: time))
            return AddCheckpointRequest(oldSize: old, proof: request.proof, checkpoint: checkpoint).serialized()
        }
        try await withServer(fixture.routes) { client in
            func post(_ body: [UInt8]) async throws -> Int {
                try await client.send("POST", Self.add, body: body).status
            }
            #expect(try await post(stated(1_699_999_900, old: 0)) == 200)
            let note = try await store.witnessedLog(origin: Parties.origin)?.latest?.note
            let count = try await store.generation()
            // Without the leader's time, which stays, and with it.
            for body in [try log.request(old: 3), try stated(1_699_999_900, old: 3)] {
                for _ in 0..<5 { #expect(try await post(body) == 200) }
                #expect(try await store.witnessedLog(origin: Parties.origin)?.latest?.note == note)
            }
            // A later time is added, and still is nothing that is done only once.
            #expect(try await post(stated(1_700_000_000, old: 3)) == 200)
            let renewed = try #require(try await store.witnessedLog(origin: Parties.origin)?.latest)
            let times = try SignedCheckpoint(parsing: renewed.note).note.verify(with: [leader.verifier])
            #expect(times.map(\.timestamp) == [1_699_999_900, 1_700_000_000])
            #expect(try await store.generation() == count)
        }
    }

    @Test func theMemorySurvivesARestart() async throws {
        var fixture = try await Fixture()
        fixture.log.grow(by: 8)
        let log = fixture.log
        try await withServer(fixture.routes) { client in
            let answer = try await client.send("POST", Self.add, body: log.request(old: 0, size: 6))
            #expect(answer.status == 200)
        }
        try fixture.store.close()
        let reopened = try await fixture.parties.helper.openTestDatabase()
        var routes = RouteTable()
        WitnessRoutes(store: reopened, cosigner: fixture.cosigner, now: { 1_700_000_001 }).addRoutes(to: &routes)
        try await withServer(routes) { client in
            let conflict = try await client.send("POST", Self.add, body: log.request(old: 0))
            #expect(conflict.text == "6\n")
            let cosigned = try await client.send("POST", Self.add, body: log.request(old: 6))
            #expect(cosigned.status == 200)
        }
    }

    @Test func ofManyRequestsAtOnceOnlyConsistentOnesAreCosigned() async throws {
        var fixture = try await Fixture()
        fixture.log.grow(by: 40)
        let log = fixture.log
        let sizes: [Int] = Array(1...40)
        let accepted = try await withServer(fixture.routes) { client in
            try await withThrowingTaskGroup(of: Int?.self) { group in
                for size in sizes {
                    let body = try log.request(old: 0, size: size)
                    group.addTask { try await client.send("POST", Self.add, body: body).status == 200 ? size : nil }
                }
                return try await group.reduce(into: [Int]()) { if let size = $1 { $0.append(size) } }
            }
        }
        // Whichever came first, no other request could start from the empty tree any more.
        #expect(accepted.count == 1)
        #expect(
            try await fixture.store.witnessedLog(origin: Parties.origin)?.latest?.size
                == accepted.first.map(UInt64.init))
    }

    @Test func aWitnessWithoutTasksKnowsNoLog() async throws {
        var fixture = try await Fixture(trusting: false)
        fixture.log.grow(by: 1)
        let body = try fixture.log.request(old: 0)
        try await withServer(fixture.routes) { client in
            let answer = try await client.send("POST", Self.add, body: body)
            #expect(answer.status == 404)
        }
    }

    @Test func anOriginKeepsItsFirstKey() async throws {
        let fixture = try await Fixture()
        let other = try NoteSigner(name: Parties.origin).verifier.vkey
        await #expect(throws: DatastoreError.self) {
            try await fixture.store.trustLog(origin: Parties.origin, vkey: other)
        }
        try await fixture.store.trustLog(origin: Parties.origin, vkey: fixture.parties.leaderKeys.note.vkey)
    }
}
