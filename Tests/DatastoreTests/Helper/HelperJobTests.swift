import DAP
import Datastore
import Ledger
import Testing

/// What an aggregation job does at the helper.
@Suite struct HelperJobTests {
    @Test(arguments: EngineKind.tested)
    func whatTheHelperRefusesItRefusesForGood(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        let first = try await reports.job(
            [reports.verified(1), reports.rejected(2, .vdafVerifyError), reports.rejected(3, .reportTooEarly)],
            in: store)
        #expect(first == [nil, .vdafVerifyError, .reportTooEarly])
        // A replay of an accepted report is rejected, and the helper still stands by the report.
        let again = try await reports.job([reports.verified(1), reports.rejected(1, .vdafVerifyError)], in: store)
        #expect(again == [.reportReplayed, .vdafVerifyError])
        #expect(
            try await reports.job([reports.verified(2), reports.verified(3)], in: store) == [.vdafVerifyError, nil])
        let asked = [1, 2, 3, 4, 2].map(Make.reportID)
        let expected: [HelperLastWord?] = [
            nil, .rejected(.vdafVerifyError), nil, nil, .rejected(.vdafVerifyError),
        ]
        #expect(try await store.helperLastWords(Make.task, asked) == expected)
        #expect(try await temporary.afterKill().helperLastWords(Make.task, asked) == expected)
    }

    /// The leader forms the same job again, byte for byte, when the reports' time has come.
    @Test(arguments: EngineKind.tested)
    func anAnswerThatOnlySaysTooEarlyIsNotKept(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        let job = AggregationJobID.random()
        let early = [1, 2].map { reports.rejected($0, .reportTooEarly) }
        for recording in [true, false] {
            try await reports.job(early, id: job, in: store, recording: recording)
            #expect(try await store.helperJob(Make.task, job) == nil)
        }
        let mixed = [try reports.verified(1), reports.rejected(2, .reportTooEarly)]
        #expect(try await reports.job(mixed, id: job, in: store) == [nil, .reportTooEarly])
        let kept = try await store.helperJob(Make.task, job)
        let again = [try reports.verified(1), try reports.verified(2)]
        #expect(try await reports.job(again, id: job, in: store) == [nil, .reportTooEarly], "its answer stands")
        #expect(try await store.helperJob(Make.task, job) == kept)
    }

    @Test(arguments: EngineKind.tested)
    func theHelperCountsWhatItRefusesByReason(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        try await reports.job(
            [reports.verified(1), reports.rejected(2, .vdafVerifyError), reports.rejected(3, .reportTooEarly)],
            in: store)
        try await reports.job(
            [reports.rejected(4, .vdafVerifyError), reports.verified(1)], in: store, recording: false)
        let reopened = try await temporary.afterKill()
        #expect(try await reopened.helperRejectionCounts(Make.task) == [.vdafVerifyError: 2, .reportReplayed: 1])
        #expect(try await reopened.helperRejectionCounts(.random()).isEmpty)
    }

    /// A leader deletes jobs that it has done with, and one that was put back to an older state posts them again.
    @Test(arguments: EngineKind.tested)
    func whatADeletedJobRefusedIsNotCountedAgain(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        let job = AggregationJobID.random()
        let outcomes = [try reports.verified(1), reports.rejected(2, .vdafVerifyError)]
        for recording in [true, false] {
            for _ in 0..<3 {
                try await reports.job(outcomes, id: job, in: store, recording: recording)
                #expect(try await store.deleteHelperJob(Make.task, job))
            }
        }
        #expect(try await store.helperRejectionCounts(Make.task) == [.vdafVerifyError: 1])
    }

    /// Whoever replaces the key has been told that nothing was accepted under it.
    @Test(arguments: EngineKind.tested)
    func whatWasVerifiedWithAReplacedKeyIsNotAccepted(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        var task = Make.storedTask()
        task.verifyKeys.append(VerifyKey(id: 7, bytes: [UInt8](repeating: 1, count: 32)))
        task.source = .manual
        try await store.addTask(task, logEntry: nil)
        let old = task.verifyKeys[0]
        let new = VerifyKey(id: old.id, bytes: [UInt8](repeating: 8, count: 32))
        let job = AggregationJobID.random()
        let outcomes = [try reports.verified(1), reports.rejected(2, .vdafVerifyError)]
        #expect(try await store.replaceVerifyKey(new.bytes, of: Make.task, peerHasKey: true, at: 0) == .replaced)
        for key in [old, VerifyKey(id: 7, bytes: new.bytes), VerifyKey(id: 9, bytes: new.bytes)] {
            for recording in [true, false] {
                await #expect(throws: DatastoreError.stale) {
                    try await reports.job(outcomes, id: job, in: store, recording: recording, key: key)
                }
            }
        }
        #expect(try await store.helperJob(Make.task, job) == nil)
        #expect(try await store.helperLastWords(Make.task, [Make.reportID(2)]) == [nil])
        #expect(try await reports.job(outcomes, id: job, in: store, key: new) == [nil, .vdafVerifyError])
        #expect(try await reports.job([reports.verified(3)], in: store, key: task.verifyKeys[1]) == [nil])
        // An answer that was given stands, whatever key its repetition was verified with.
        #expect(try await reports.job(outcomes, id: job, in: store, key: old) == [nil, .vdafVerifyError])
    }

    @Test(arguments: EngineKind.tested)
    func tasksThatLogNothingKeepNoLastWords(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        try await reports.job([reports.rejected(2, .vdafVerifyError)], in: store, recording: false)
        #expect(try await store.helperLastWords(Make.task, [Make.reportID(2)]) == [nil])
        #expect(try await reports.job([reports.verified(2)], in: store, recording: false) == [nil])
    }

    /// A deleted answer is not computed into another one: what was accepted is a replay.
    @Test(arguments: EngineKind.tested)
    func aDeletedJobLeavesItsReportsProtected(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        let job = AggregationJobID.random()
        let shares = try await reports.accept([1], in: store)
        try await reports.job([reports.verified(2)], id: job, in: store)
        #expect(try await store.deleteHelperJob(Make.task, job))
        #expect(try await !store.deleteHelperJob(Make.task, job))
        #expect(try await !store.deleteHelperJob(.random(), job))
        #expect(try await store.helperJob(Make.task, job) == .deleted)
        #expect(try await reports.job([reports.verified(2)], id: job, in: store) == [.reportReplayed])
        let sum = try await store.sumHelperShares(
            Make.task, .interval(Interval(start: 0, duration: 1_000)), vdaf: reports.vdaf)
        #expect(sum.count == 2 && shares.count == 1)
    }

    /// Whoever asks again while the job is under way gets the answer of the first, whatever it has verified itself.
    @Test(arguments: EngineKind.tested)
    func theSameJobAtOnceHasOneAnswer(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        let job = AggregationJobID.random()
        let answers = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for asking in 0..<8 {
                group.addTask {
                    let outcomes = try (1...5).map { try reports.verified($0, outbound: [UInt8(asking)]) }
                    return try await store.commitHelperJob(
                        Make.task, job, outcomes: outcomes, verifyKey: nil, keepsLastWords: asking % 2 == 0,
                        vdaf: reports.vdaf)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(answers).count == 1)
        #expect(try await store.helperJob(Make.task, job) == .finished(response: answers[0]))
        let verdicts = try AggregationJobResp(decoding: answers[0]).responses.map(\.outcome)
        #expect(Set(verdicts).count == 1, "all of one attempt, and none a replay of another")
    }

    /// However many jobs name a report, in whatever order and at the same time: it is in one sum, once.
    @Test(arguments: EngineKind.tested)
    func aReportInManyJobsIsAcceptedOnce(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports(.sum(maxMeasurement: 255)))
        let outcomes = try (0..<40).map { try reports.verified($0, time: UInt64(100 + $0 % 3)) }
        let accepted = try await withThrowingTaskGroup(of: [ReportID].self) { group in
            for job in 0..<10 {
                group.addTask {
                    let members = (0..<20).map { outcomes[(job * 4 + $0) % 40] }
                    let sent = job % 2 == 0 ? members : members.reversed()
                    let answers = try await reports.job(sent, in: store, recording: job % 3 == 0)
                    return zip(sent, answers).filter { $1 == nil }.map(\.0.reportID)
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(accepted.sorted() == outcomes.map(\.reportID).sorted())
        var shares: [Int: [UInt8]] = [:]
        for (number, outcome) in outcomes.enumerated() {
            if case .verified(let report) = outcome.finding { shares[number] = report.outputShare }
        }
        try await reports.expectSum(.interval(Interval(start: 100, duration: 3)), of: shares, in: store)
        try await HelperAudit(store: store, reports: reports).check()
    }

    /// Jobs of which some refuse what others accept: the helper either stands by a report, or has a word against it.
    @Test(arguments: EngineKind.tested)
    func aReportIsEitherAcceptedOrRefused(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports(.sum(maxMeasurement: 255)))
        let answers = try await withThrowingTaskGroup(of: [(Int, Bool)].self) { group in
            for job in 0..<12 {
                group.addTask {
                    let numbers = (0..<10).map { ($0 * 7 + job) % 30 }
                    let outcomes = try numbers.map {
                        ($0 + job) % 3 == 0 ? reports.rejected($0, .vdafVerifyError) : try reports.verified($0)
                    }
                    return zip(numbers, try await reports.job(outcomes, in: store)).map { ($0, $1 == nil) }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let accepted = Set(answers.filter(\.1).map(\.0))
        let named = Set(answers.map(\.0)).sorted()
        let words = try await store.helperLastWords(Make.task, named.map(Make.reportID))
        for (number, word) in zip(named, words) { #expect((word == nil) == accepted.contains(number)) }
        #expect(accepted.count < named.count && !accepted.isEmpty, "the run shows something")
        let sum = try await store.sumHelperShares(
            Make.task, .interval(Interval(start: 0, duration: 1_000)), vdaf: reports.vdaf)
        #expect(sum.count == UInt64(accepted.count))
        try await HelperAudit(store: store, reports: reports).check()
    }

    /// A job costs a number of statements that does not grow with its reports.
    @Test func aJobsStatementsDoNotGrowWithItsReports() async throws {
        let temporary = try TemporaryStore()
        let counter = CountingEngine(temporary.store.engine)
        let (store, reports) = (NodeDatabase(counter), try HelperReports())
        var statements: [Int] = []
        for numbers in [[0], Array(1...4), Array(5...64)] {
            _ = counter.take()
            try await reports.accept(numbers, in: store)
            statements.append(counter.take().statements)
        }
        // The first makes the bucket's key and sum.
        #expect(statements[1] == statements[2] && statements[2] <= 20, "\(statements)")
    }
}
