import Crypto
import DAP
import Ledger
import LedgerFixtures
import Tasks
import Testing

/// P7: the models of a training run follow from each other, and a break convicts the owner who signed it.
@Suite struct LineageTests {
    private static let run = [UInt8](repeating: 0xAB, count: 16)
    private static let owner = Curve25519.Signing.PrivateKey()
    private static let result = Blob.hash(Blob.encode(.vector([5, 7, 9])))

    private static func model(_ number: UInt8) -> [UInt8] { [UInt8](repeating: number, count: 32) }

    /// One round's task on a log of its own, for now.
    private func round(
        _ number: UInt32, from model: [UInt8], keys: LogFixture? = nil, isSigned: Bool = true,
        announced: [UInt8]? = nil, as name: UInt32? = nil
    ) throws -> LogFixture {
        var log = try LogFixture(
            keys: keys, owner: Self.owner, isSigned: isSigned,
            taskInfo: TrainingRound(runID: Self.run, number: number).taskInfo, modelHash: model)
        if isSigned {
            log.log(
                .round(
                    try RoundEntry(
                        taskID: log.task.taskID, runID: Self.run, round: name ?? number,
                        modelHash: announced ?? model, owner: Self.owner)))
        }
        try log.logHonestBatch([try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])])
        return log
    }

    private func logModel(
        _ model: [UInt8], from previous: [UInt8], result: [UInt8] = result, selector: BatchSelector? = nil,
        _ log: inout LogFixture
    ) throws {
        log.log(
            .model(
                try ModelEntry(
                    taskID: log.task.taskID, selector: selector ?? BatchScope.batch(log.batchID).selector,
                    resultHash: result, previousModelHash: previous, modelHash: model, owner: Self.owner)))
    }

    /// Audits the rounds as one log.
    private func audit(_ rounds: LogFixture...) async throws -> AuditReport {
        var log = rounds[0]
        for round in rounds.dropFirst() { log.append(round) }
        try log.publish()
        return try await log.audit()
    }

    /// The one finding, which convicts the owner and must say `words`.
    private func expectConviction(_ report: AuditReport, _ words: String, convicts: Bool = true) {
        #expect(report.lineage.count == 1, "\(report.lineage)")
        #expect(report.lineage.first?.convictsOwner == convicts)
        #expect(report.lineage.first?.text.contains(words) == true, "\(report.lineage)")
        #expect(!report.isVerified)
        // The batches are as they should be: it is the lineage that is broken.
        #expect(report.batches.allSatisfy { if case .verified = $0.verdict { true } else { false } })
    }

    @Test func aRunWhoseModelsFollowFromEachOtherIsVerified() async throws {
        var first = try round(1, from: Self.model(1))
        defer { first.removeFiles() }
        try logModel(Self.model(2), from: Self.model(1), &first)
        // The same entry again is the same word.
        first.entries.append(first.entries[first.entries.count - 1])
        var second = try round(2, from: Self.model(2), keys: first)
        defer { second.removeFiles() }
        try logModel(Self.model(3), from: Self.model(2), &second)
        let report = try await audit(first, second)
        #expect(report.isVerified && report.lineage.isEmpty && report.notes.isEmpty, "\(report.lineage)")
        #expect(report.models.count == 3)
    }

    @Test func aStepFromAnotherModelThanTheTasksConvictsTheOwner() async throws {
        var log = try round(1, from: Self.model(1))
        defer { log.removeFiles() }
        try logModel(Self.model(3), from: Self.model(2), &log)
        expectConviction(try await audit(log), "comes from another one")
    }

    @Test func anAnnouncementOfAnotherModelOrRoundConvictsTheOwner() async throws {
        let other = try round(1, from: Self.model(1), announced: Self.model(2))
        defer { other.removeFiles() }
        expectConviction(try await audit(other), "from another model than the task names")
        let renamed = try round(1, from: Self.model(1), as: 7)
        defer { renamed.removeFiles() }
        expectConviction(try await audit(renamed), "announced the task as round 7")
    }

    @Test func twoModelsOfOneRoundAreAForkByTheOwner() async throws {
        var log = try round(1, from: Self.model(1))
        defer { log.removeFiles() }
        try logModel(Self.model(2), from: Self.model(1), &log)
        try logModel(Self.model(3), from: Self.model(1), &log)
        expectConviction(try await audit(log), "2 different models for one round: a fork")
    }

    @Test func aResultThatIsNotTheBatchesConvictsTheOwner() async throws {
        var log = try round(1, from: Self.model(1))
        defer { log.removeFiles() }
        // Three thousand reports instead of three, say.
        try logModel(
            Self.model(2), from: Self.model(1), result: Blob.hash(Blob.encode(.vector([5000, 7000, 9000]))), &log)
        expectConviction(try await audit(log), "from a result that is not the batch's")
    }

    @Test func aModelFromABatchThatIsNotThereConvictsTheOwner() async throws {
        var log = try round(1, from: Self.model(1))
        defer { log.removeFiles() }
        try logModel(Self.model(2), from: Self.model(1), selector: BatchScope.batch(.random()).selector, &log)
        expectConviction(try await audit(log), "from a batch that the task does not have")
    }

    /// The leader may have withheld the model, or another task of the round is in another log.
    @Test func aRoundThatStartsFromAModelThatNobodyLoggedIsABreak() async throws {
        var first = try round(1, from: Self.model(1))
        defer { first.removeFiles() }
        try logModel(Self.model(2), from: Self.model(1), &first)
        let second = try round(2, from: Self.model(9), keys: first)
        defer { second.removeFiles() }
        expectConviction(
            try await audit(first, second), "starts from a model that round 1 did not log",
            convicts: false)
    }

    /// The leader logs, so a model that is not there may be the leader's doing.
    @Test func aRoundAfterOneWithoutModelIsABreakThatConvictsNobody() async throws {
        let first = try round(1, from: Self.model(1))
        defer { first.removeFiles() }
        let second = try round(2, from: Self.model(2), keys: first)
        defer { second.removeFiles() }
        expectConviction(try await audit(first, second), "did not log", convicts: false)
    }

    /// With the owner's key and run id in a task of its own, a stranger breaks nothing.
    @Test func aStrangersTaskIsNoRoundOfTheRun() async throws {
        var first = try round(1, from: Self.model(1))
        defer { first.removeFiles() }
        try logModel(Self.model(2), from: Self.model(1), &first)
        let stranger = try round(2, from: Self.model(9), keys: first, isSigned: false)
        defer { stranger.removeFiles() }
        let report = try await audit(first, stranger)
        #expect(report.isVerified && report.lineage.isEmpty, "\(report.lineage)")
    }

    /// A round that nobody took part in may be tried again.
    @Test func twoTasksForOneRoundAreNoted() async throws {
        let first = try round(1, from: Self.model(1))
        defer { first.removeFiles() }
        var again = try round(1, from: Self.model(1), keys: first)
        defer { again.removeFiles() }
        try logModel(Self.model(2), from: Self.model(1), &again)
        let second = try round(2, from: Self.model(2), keys: first)
        defer { second.removeFiles() }
        let report = try await audit(first, again, second)
        #expect(report.isVerified && report.lineage.isEmpty, "\(report.lineage)")
        #expect(report.notes.count == 1 && report.notes.first?.contains("has 2 tasks") == true)
    }
}
