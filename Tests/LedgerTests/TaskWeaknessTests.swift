import DAP
import Ledger
import LedgerFixtures
import TaskTypes
import Tasks
import Testing
import TransparencyLog

/// What a task does not promise, and that nobody can miss it.
@Suite struct TaskWeaknessTests {
    private let log: String
    private let helper: NoteVerifier
    private let outside: NoteVerifier

    init() throws {
        log = try NoteSigner(name: "log.example").verifier.vkey
        helper = try Cosigner(name: "helper.example").verifier
        outside = try Cosigner(name: "outside.example").verifier
    }

    private func task(
        min minimum: UInt64 = 10, publish: PublishMode = .public, committed: Bool = true
    ) throws -> ValidatedTask {
        let fixture = try LogFixture()
        defer { fixture.removeFiles() }
        var parameters = try #require(fixture.task.cairn)
        parameters.publish = committed ? publish : nil
        let vdaf = VDAFConfiguration.sumVec(length: 3, maxMeasurement: 7, chunkLength: 3)
        return try TaskConfiguration(
            taskInfo: [1], leaderURL: "https://leader.example/", helperURL: "https://helper.example/api/",
            timePrecision: 60, minBatchSize: minimum, batchMode: .leaderSelected,
            vdaf: committed ? .committed(vdaf) : vdaf, taskInterval: nil, cairn: parameters
        ).validated()
    }

    private func policy(_ lines: String) throws -> LogPolicy {
        try LogPolicy(parsing: Array("log \(log)\n\(lines)\n".utf8))
    }

    private var independent: LogPolicy {
        get throws {
            try policy(
                "witness helper \(helper.vkey)\nwitness outside \(outside.vkey) https://outside.example/\n"
                    + "group both all helper outside\nquorum both")
        }
    }

    @Test func aTaskThatPromisesWhatItCanLacksNothing() throws {
        #expect(try TaskWeakness.all(of: task(), policy: independent) == [])
        #expect(try TaskWeakness.all(of: task(min: 2, publish: .collector), policy: independent) == [])
        #expect(try TaskWeakness.all(of: task(min: 2, committed: false), policy: nil) == [])
    }

    @Test func smallBatchesAreSaid() throws {
        #expect(try TaskWeakness.all(of: task(min: 9), policy: independent) == [.tinyPublicBatches(minimum: 9)])
        #expect(try TaskWeakness.all(of: task(min: 2), policy: independent) == [.tinyPublicBatches(minimum: 2)])
        #expect(
            try TaskWeakness.all(of: task(min: 1), policy: independent)
                == [.singleReport, .tinyPublicBatches(minimum: 1)])
        #expect(try TaskWeakness.all(of: task(min: 1, publish: .collector), policy: independent) == [.singleReport])
        #expect(try TaskWeakness.all(of: task(min: 1, committed: false), policy: nil) == [.singleReport])
    }

    /// All tasks of a leader share one checkpoint, which has room for a hundred lines.
    @Test func aQuorumOfMoreWitnessesThanAreAskedIsSaid() throws {
        func named(_ count: Int, _ threshold: String) throws -> LogPolicy {
            let lines = try (0..<count).map { number in
                "witness w\(number) \(try Cosigner(name: "w\(number).example").verifier.vkey) https://w\(number).example/"
            }
            let names = (0..<count).map { "w\($0)" }.joined(separator: " ")
            return try policy(
                "witness helper \(helper.vkey)\n\(lines.joined(separator: "\n"))\ngroup g \(threshold) \(names)\n"
                    + "group both all helper g\nquorum both")
        }
        for (count, threshold) in [(98, "all"), (16, "all"), (98, "16")] {
            let weaknesses = try TaskWeakness.all(of: task(), policy: named(count, threshold))
            #expect(weaknesses == [.manyWitnesses(named: count + 1)] && weaknesses[0].needsAcceptance)
            #expect(weaknesses[0].description.contains("\(count + 1) witnesses"))
        }
        for (count, threshold) in [(15, "all"), (98, "any"), (98, "15")] {
            #expect(try TaskWeakness.all(of: task(), policy: named(count, threshold)) == [])
        }
    }

    @Test func aPolicyWithoutQuorumPromisesNothing() throws {
        let none = try policy("witness helper \(helper.vkey)\nquorum none")
        #expect(try TaskWeakness.all(of: task(), policy: none) == [.quorumNone])
        // An uncommitted task logs nothing that a witness could vouch for.
        #expect(try TaskWeakness.all(of: task(committed: false), policy: none) == [])
    }

    /// The helper is who has no URL of its own, or the one of the task, or the key that it names itself.
    @Test func aQuorumThatTheHelperMakesAloneIsSaid() throws {
        let (helperLine, outsideLine) = (
            "witness helper \(helper.vkey)", "witness outside \(outside.vkey) https://outside.example/"
        )
        let alone = [
            "\(helperLine)\nquorum helper",
            "\(helperLine) https://helper.example/api/witness\nquorum helper",
            "\(helperLine)\n\(outsideLine)\nquorum helper",
            "\(helperLine)\n\(outsideLine)\ngroup either any helper outside\nquorum either",
            "\(helperLine)\n\(outsideLine)\ngroup few 1 helper\ngroup either any few outside\nquorum either",
        ]
        for lines in alone {
            #expect(try TaskWeakness.all(of: task(), policy: policy(lines)) == [.onlyHelperWitness], "\(lines)")
        }
        let elsewhere = try policy("\(helperLine) https://witness.helper.example/\nquorum helper")
        #expect(try TaskWeakness.all(of: task(), policy: elsewhere) == [])
        #expect(try TaskWeakness.all(of: task(), policy: elsewhere, helper: helper) == [.onlyHelperWitness])
        let lookalike = try policy("\(helperLine) https://helper.example/apiary\nquorum helper")
        #expect(try TaskWeakness.all(of: task(), policy: lookalike) == [])
        let others = try policy("\(helperLine)\n\(outsideLine)\nquorum outside")
        #expect(try TaskWeakness.all(of: task(), policy: others, helper: helper) == [])
    }

    /// As deep as a policy file can nest them.
    @Test func groupsInGroupsAreCountedWithoutRecursion() throws {
        var lines = ["witness helper \(helper.vkey)", "group g0 any helper"]
        for level in 1..<20_000 { lines.append("group g\(level) any g\(level - 1)") }
        let deep = try policy((lines + ["quorum g19999"]).joined(separator: "\n"))
        #expect(try TaskWeakness.all(of: task(), policy: deep) == [.onlyHelperWitness])
    }

    @Test func onlyEmptyPromisesMustBeAccepted() {
        let all: [TaskWeakness] = [.quorumNone, .singleReport, .tinyPublicBatches(minimum: 2), .onlyHelperWitness]
        #expect(all.filter(\.needsAcceptance) == [.quorumNone, .singleReport, .tinyPublicBatches(minimum: 2)])
        #expect(
            all.map(\.name) == ["quorum_none", "single_report", "tiny_public_batches", "only_helper_witness"])
        for weakness in all { #expect(!weakness.description.isEmpty && !weakness.description.hasSuffix(".")) }
    }

    @Test func anAuditSaysOfEveryTaskWhatItLacks() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = try (0..<3).map { try log.contribution([UInt64($0), 1, 2]) }
        log.logReports(contributions)
        try log.logCollection(of: contributions)
        try log.publish()
        let report = try await Auditor(source: log.source, policy: log.policy).audit()
        #expect(report.isVerified)
        #expect(report.tasks.map(\.taskID) == [log.task.taskID])
        #expect(report.tasks.map(\.weaknesses) == [[.onlyHelperWitness, .tinyPublicBatches(minimum: 2)]])
    }

    @Test func witnessesThatAnybodyInBetweenCouldPlayAreRefused() throws {
        let plain = try policy("witness outside \(outside.vkey) http://outside.example/\nquorum outside")
        #expect(throws: InsecureEndpoint.self) { try plain.checkTransport() }
        #expect(throws: Never.self) { try independent.checkTransport() }
        let local = try policy("witness outside \(outside.vkey) http://127.0.0.1:8401/\nquorum outside")
        #expect(throws: Never.self) { try local.checkTransport() }
    }
}
