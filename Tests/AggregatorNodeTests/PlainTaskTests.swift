import AggregatorNode
import DAP
import Datastore
import Ledger
import Tasks
import Testing

/// Plain DAP tasks at one node: how they are added, and which verification key is used.
@Suite struct PlainTaskTests {
    private static let keys = [(9, 1), (0, 2)].map { VerifyKey(id: $0, bytes: [UInt8](repeating: $1, count: 32)) }
    private static let jobs = "/aggregation_jobs"

    private func add(_ task: PlainTask, _ parties: Parties, as role: NodeRole) async throws -> TaskRegistry.Added {
        let store = try await parties.configuration(role).openTestDatabase()
        defer { try? store.close() }
        return try await TaskRegistry.add(
            task, to: store, configuration: role == .leader ? parties.leader : parties.helper,
            keys: role == .leader ? parties.leaderKeys : parties.helperKeys)
    }

    @Test(arguments: NodeRole.allCases) func addingOneTwiceChangesNothingAndNothingIsLogged(role: NodeRole) async throws
    {
        let parties = try Parties()
        let task = try parties.plain(keys: Self.keys)
        let first = try await add(task, parties, as: role)
        #expect(first.isNew && first.id == task.id && first.weaknesses == [.plain])
        #expect(try await !add(task, parties, as: role).isNew)
        let store = try await parties.configuration(role).openTestDatabase()
        #expect(try await store.numberedSize() == 0)
        let served = try #require(try await TaskRegistry(store: store).task(task.id))
        #expect(served.verifyKeyID == 9 && served.verifyKey == Self.keys[0].bytes)
        #expect(Self.keys.allSatisfy { served.verifyKey($0.id) == $0.bytes } && served.verifyKey(1) == nil)
        #expect(!served.isTaskprov && served.parameters == nil && served.policy == nil && !served.isCommitted)
        // With other keys it is another task.
        var changed = task
        changed.verifyKeys.removeLast()
        let refusal = await #expect(throws: TaskRefusal.self) { try await add(changed, parties, as: role) }
        guard case .conflict = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
    }

    /// One operator takes the task file, the other writes the same parameters: it is one task, with one key.
    @Test func aTaskFileAndTheSameParametersMeanOneTask() async throws {
        let parties = try Parties()
        let task = try parties.plain()
        let file = try TaskFile(
            name: "file", configuration: task.configuration, collectorHpkeConfig: parties.collector.config,
            logPolicy: nil, logURL: nil)
        let store = try await parties.leader.openTestDatabase()
        let added = try await TaskRegistry.add(
            file, to: store, configuration: parties.leader, keys: parties.leaderKeys)
        #expect(added.isNew && added.id == task.id && added.weaknesses == [.plain])
        #expect(try await store.numberedSize() == 0)
        #expect(try await !add(task, parties, as: .leader).isNew)
        _ = try await add(task, parties, as: .helper)
        let helper = try await parties.helper.openTestDatabase()
        let served = try #require(try await TaskRegistry(store: store).task(task.id))
        #expect(served.isTaskprov && served.verifyKeyID == 0)
        #expect(try await TaskRegistry(store: helper).task(task.id)?.verifyKey == served.verifyKey)
    }

    @Test func aTaskOfOthersIsRefusedWithTheReason() async throws {
        let parties = try Parties()
        let foreign = try parties.plain(keys: Self.keys, leaderURL: "http://127.0.0.1:1/")
        for role in NodeRole.allCases {
            let refusal = await #expect(throws: TaskRefusal.self) { try await add(foreign, parties, as: role) }
            #expect(refusal?.description.contains("are a node (its public_url) and one of its peers") == true)
        }
        let single = try parties.plain(minBatchSize: 1)
        let refusal = await #expect(throws: TaskRefusal.self) { try await add(single, parties, as: .helper) }
        guard case .weak([.singleReport]) = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        var cairn = try parties.plain()
        cairn.configuration = try parties.task(committed: false).configuration
        let own = await #expect(throws: TaskRefusal.self) { try await add(cairn, parties, as: .helper) }
        #expect(own?.description.contains("add its task file") == true)
    }

    /// The helper verifies with the key that the job names, whichever is its own first.
    @Test func aJobIsVerifiedWithTheKeyThatItNames() async throws {
        let task = try Parties().plain(keys: Self.keys)
        let fixture = try await HelperFixture(committed: false, plain: task)
        try await withServer(fixture.routes) { client in
            func outcome(key: VerifyKey, named: UInt8) async throws -> VerifyResp.Outcome {
                let report = try fixture.report(verifyKey: key.bytes)
                let job = fixture.job([report], batch: .random(), keyID: named)
                let answer = try await fixture.post(client, Self.jobs, job, .aggregationJobInitReq)
                return try #require(try AggregationJobResp(decoding: answer.body).responses.first).outcome
            }
            for key in Self.keys {
                guard case .continue = try await outcome(key: key, named: key.id) else {
                    Issue.record("key \(key.id) does not verify")
                    continue
                }
                let other = key.id == 0 ? UInt8(9) : 0
                #expect(try await outcome(key: key, named: other) == .reject(.vdafVerifyError))
            }
            let unknown = fixture.job([try fixture.report()], batch: .random(), keyID: 1)
            let answer = try await fixture.post(client, Self.jobs, unknown, .aggregationJobInitReq)
            #expect(answer.status == 400)
            #expect(try problem(answer) == .invalidMessage)
            #expect(answer.text.contains("9, 0"))
        }
    }
}
