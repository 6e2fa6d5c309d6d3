import AggregatorNode
import Crypto
import Datastore
import Ledger
import Tasks
import Testing
import TransparencyLog

@Suite struct TaskAdmissionTests {
    private func add(
        _ file: TaskFile, _ parties: Parties, as role: NodeRole, acceptingWeakPromises: Bool = true
    ) async throws -> TaskRegistry.Added {
        let leads = role == .leader
        let store = try await parties.configuration(role).openTestDatabase()
        return try await TaskRegistry.add(
            file, to: store, configuration: leads ? parties.leader : parties.helper,
            keys: leads ? parties.leaderKeys : parties.helperKeys, acceptingWeakPromises: acceptingWeakPromises)
    }

    @Test(arguments: [true, false]) func bothNodesAddATaskAndDeriveTheSameKey(committed: Bool) async throws {
        let parties = try Parties()
        let file = try parties.task(committed: committed)
        var keys: [[UInt8]] = []
        for role in NodeRole.allCases {
            let added = try await add(file, parties, as: role)
            #expect(added.isNew && added.id == file.taskID)
            #expect(try await !add(file, parties, as: role).isNew)
            let store = try await parties.configuration(role).openTestDatabase()
            let task = try #require(try await TaskRegistry(store: store).task(file.taskID))
            #expect(task.isCommitted == committed)
            keys.append(task.verifyKey)
        }
        #expect(keys[0] == keys[1] && keys[0].count == 32)
    }

    @Test func theLeaderLogsATaskOnceAndTheHelperTrustsItsLog() async throws {
        let parties = try Parties()
        let file = try parties.task(committed: true)
        for _ in 0..<2 { for role in NodeRole.allCases { _ = try await add(file, parties, as: role) } }
        let leader = try await parties.leader.openTestDatabase()
        try await leader.numberedSize()
        let entries = try await leader.logEntries(from: 0, limit: 10)
        #expect(entries.count == 1)
        guard case .task(let entry) = try LedgerEntry(decoding: try #require(entries.first)) else {
            Issue.record("the entry is not a task")
            return
        }
        #expect(entry.configuration == file.configuration.encoding)
        let helper = try await parties.helper.openTestDatabase()
        #expect(try await helper.witnessedLog(origin: Parties.origin)?.vkey == parties.leaderKeys.note.vkey)
    }

    /// A stranger can write the owner's key into a task, and cannot sign it.
    @Test(arguments: [true, false]) func aTaskThatItsOwnerHasNotSignedIsRefused(committed: Bool) async throws {
        let parties = try Parties()
        let owner = Curve25519.Signing.PrivateKey()
        let names = { (parameters: inout CairnTaskParameters) in
            parameters.ownerKey = Array(owner.publicKey.rawRepresentation)
        }
        let unsigned = try parties.task(committed: committed, change: names)
        let signed = try parties.task(committed: committed, owner: owner, change: names)
        #expect(signed.taskID == unsigned.taskID)
        for role in NodeRole.allCases {
            let refusal = await #expect(throws: TaskRefusal.self) { _ = try await add(unsigned, parties, as: role) }
            #expect(refusal?.description.contains("owner_signature") == true)
            #expect(try await add(signed, parties, as: role).isNew)
        }
        let store = try await parties.leader.openTestDatabase()
        try await store.numberedSize()
        let entries = try await store.logEntries(from: 0, limit: 10)
        guard case .task(let entry) = try LedgerEntry(decoding: try #require(entries.first)) else {
            Issue.record("the entry is not a task")
            return
        }
        #expect(entry.ownerSignature == signed.ownerSignature)
        #expect(entry.isSigned(for: try signed.configuration.validated()))
    }

    @Test func aRunningNodeFindsATaskThatAnotherProcessAdds() async throws {
        let parties = try Parties()
        let file = try parties.task(committed: false)
        let registry = TaskRegistry(store: try await parties.leader.openTestDatabase())
        #expect(try await registry.task(file.taskID) == nil)
        _ = try await add(file, parties, as: .leader)
        #expect(try await registry.task(file.taskID)?.id == file.taskID)
    }

    /// A task that is sound in itself, but is not this node's.
    @Test func aTaskOfOthersIsRefusedWithTheReason() async throws {
        let parties = try Parties()
        let other = try Parties()
        let foreign = [UInt8](repeating: 5, count: 32)
        let stranger = StatementKeys(leader: foreign, helper: foreign)
        let otherLog = try NoteSigner(name: "elsewhere.example").verifier.vkey
        let otherKey = try NoteSigner(name: Parties.origin).verifier.vkey
        let cases: [(TaskFile, NodeRole, String)] = [
            (try parties.task(committed: false, leaderURL: "http://192.0.2.1/"), .leader, "configuration says"),
            (try parties.task(committed: false, leaderURL: "http://192.0.2.1/"), .helper, "configuration says"),
            (try parties.task(committed: true) { $0.statementKeys = stranger }, .leader, "statement key"),
            (try parties.task(committed: true) { $0.statementKeys = stranger }, .helper, "statement key"),
            (try parties.task(committed: true) { $0.logKey = otherLog }, .helper, "logged in 'elsewhere.example'"),
            (try parties.task(committed: true) { $0.logKey = otherKey }, .leader, "signs with"),
            (try parties.task(committed: true) { $0.logKey = otherKey }, .helper, "does not accept the task's own log"),
            (try parties.task(committed: true, minBatchSize: 2_000), .leader, "not valid"),
        ]
        for (file, role, reason) in cases {
            let refusal = await #expect(throws: TaskRefusal.self) { _ = try await add(file, parties, as: role) }
            #expect(refusal?.description.contains(reason) == true, "\(String(describing: refusal))")
        }
        // The policy names another witness than this helper.
        let file = try parties.task(committed: true)
        var keys = parties.helperKeys
        keys.witness = other.helperKeys.witness
        let store = try await parties.helper.openTestDatabase()
        await #expect(throws: TaskRefusal.self) {
            _ = try await TaskRegistry.add(file, to: store, configuration: parties.helper, keys: keys)
        }
        #expect(try await store.task(file.taskID) == nil)
    }

    @Test(arguments: NodeRole.allCases) func emptyPromisesAreServedOnlyByWhoAcceptsThem(role: NodeRole) async throws {
        let parties = try Parties()
        let none = parties.policy.replacing("quorum helper", with: "quorum none")
        let empty: [(TaskFile, TaskWeakness)] = [
            (try parties.task(committed: true, minBatchSize: 1), .singleReport),
            (try parties.task(committed: false, minBatchSize: 1), .singleReport),
            (try parties.task(committed: true, policy: none), .quorumNone),
            (try parties.task(committed: true, minBatchSize: 9), .tinyPublicBatches(minimum: 9)),
        ]
        for (file, weakness) in empty {
            let refusal = await #expect(throws: TaskRefusal.self) {
                try await add(file, parties, as: role, acceptingWeakPromises: false)
            }
            guard case .weak(let found) = refusal, found.contains(weakness) else {
                Issue.record("\(String(describing: refusal))")
                continue
            }
            let store = try await parties.configuration(role).openTestDatabase()
            #expect(try await store.task(file.taskID) == nil)
            let added = try await add(file, parties, as: role, acceptingWeakPromises: true)
            #expect(added.isNew && added.weaknesses.contains(weakness))
        }
        let small = try await add(try parties.task(committed: true), parties, as: role)
        #expect(small.weaknesses == [.onlyHelperWitness, .tinyPublicBatches(minimum: 2)])
    }

    @Test func aTaskWhoseWitnessesAnybodyInBetweenCouldPlayIsRefused() async throws {
        let parties = try Parties()
        let outside = try Cosigner(name: "outside.example").verifier.vkey
        let policy = parties.policy + "witness outside \(outside) http://outside.example/\n"
        for role in NodeRole.allCases {
            let refusal = await #expect(throws: TaskRefusal.self) {
                try await add(try parties.task(committed: true, policy: policy), parties, as: role)
            }
            guard case .transport(let endpoint) = refusal else {
                Issue.record("\(String(describing: refusal))")
                continue
            }
            #expect(endpoint.url == "http://outside.example/")
        }
        // The helper knows its own key, and so that a witness with a URL of its own is itself.
        let renamed = parties.policy.replacing(
            parties.helperKeys.note.vkey, with: "\(parties.helperKeys.note.vkey) https://w.example/")
        let file = try parties.task(committed: true, policy: renamed)
        #expect(try await add(file, parties, as: .helper).weaknesses.contains(.onlyHelperWitness))
        #expect(try await !add(file, parties, as: .leader).weaknesses.contains(.onlyHelperWitness))
    }
}
