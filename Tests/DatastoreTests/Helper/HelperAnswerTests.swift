import DAP
import Datastore
import Ledger
import Synchronization
import Testing

/// What becomes of jobs that waited: each has one answer, however many verify it, and it is kept for as long as the leader needs
/// it.
@Suite struct HelperAnswerTests: WaitingHelperJobs {
    @Test(arguments: EngineKind.tested)
    func aVerifiedJobIsAnsweredOnceAndLeavesItsPlace(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        let (job, outcomes) = (job(1), [try reports.verified(1), reports.rejected(2, .vdafVerifyError)])
        try await keep(job, in: store)
        let mine = lease(job)
        _ = try await store.leaseHelperJob(mine, for: Self.long)
        await #expect(throws: DatastoreError.leaseLost) {
            try await commit(job, outcomes, lease: lease(job), reports, in: store)
        }
        #expect(try await store.helperRejectionCounts(Make.task) == [:], "who has no lease has changed nothing")
        let answer = try await commit(job, outcomes, lease: mine, reports, in: store)
        #expect(try await store.helperJob(Make.task, job.id) == .finished(response: answer))
        #expect(try await store.waitingHelperJobs().isEmpty)
        #expect(try await places(store) == [[0, 0], [0, 0]])
        #expect(try await pieces(store) == 0)
        // Whoever comes again, however, finds the answer.
        for late in [nil, mine, lease(job)] {
            let other = [try reports.verified(1, outbound: [9]), try reports.verified(2)]
            #expect(try await commit(job, other, lease: late, reports, in: store) == answer)
        }
        #expect(try await keep(job, in: store) == .answered(response: answer))
        #expect(try await store.helperRejectionCounts(Make.task) == [.vdafVerifyError: 1])
        try await reports.expectSum(
            .interval(Interval(start: 0, duration: 1_000)), of: [1: try outputShare(outcomes[0])], in: store)
    }

    private func outputShare(_ outcome: HelperOutcome) throws -> [UInt8] {
        guard case .verified(let report) = outcome.finding else { throw CancellationError() }
        return report.outputShare
    }

    /// A leader that waited for it, at this process or another, has the answer.
    @Test(arguments: EngineKind.tested)
    func aJobThatWaitsCanBeAnsweredByWhoVerifiedItForALeader(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        let job = job(1)
        try await keep(job, in: store)
        let mine = lease(job)
        _ = try await store.leaseHelperJob(mine, for: Self.long)
        let answer = try await commit(job, [reports.verified(1)], lease: nil, reports, in: store)
        #expect(try await places(store) == [[0, 0], [0, 0]])
        #expect(try await commit(job, [reports.verified(1)], lease: mine, reports, in: store) == answer)
        await #expect(throws: DatastoreError.leaseLost) { try await store.renewHelperJob(mine, for: Self.long) }
    }

    /// What a job refuses counts once, however it comes again.
    @Test(arguments: EngineKind.tested)
    func aJobThatWasAnsweredBeforeMayWaitAgain(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        let (job, outcomes) = (job(1), [try reports.verified(1), reports.rejected(2, .vdafVerifyError)])
        _ = try await commit(job, outcomes, lease: nil, reports, in: store)
        #expect(try await store.deleteHelperJob(Make.task, job.id))
        #expect(try await keep(job, in: store) == .waiting)
        #expect(try await store.waitingHelperJobs() == [job])
        #expect(try await store.deleteHelperJob(Make.task, job.id))
        #expect(try await store.helperJob(Make.task, job.id) == .deleted)
        #expect(try await keep(job, in: store) == .waiting)
        let mine = lease(job)
        _ = try await store.leaseHelperJob(mine, for: Self.long)
        let answer = try await commit(job, outcomes, lease: mine, reports, in: store)
        #expect(
            try AggregationJobResp(decoding: answer).responses.map(\.outcome) == [
                .reject(.reportReplayed), .reject(.vdafVerifyError),
            ])
        #expect(try await store.helperRejectionCounts(Make.task) == [.vdafVerifyError: 1])
        #expect(try await places(store) == [[0, 0], [0, 0]])
    }

    /// The leader has yet to fetch it.
    @Test(arguments: EngineKind.tested)
    func theAnswerOfAJobThatWaitedIsKeptWhateverItSays(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        let job = job(1)
        try await keep(job, in: store)
        let mine = lease(job)
        _ = try await store.leaseHelperJob(mine, for: Self.long)
        let answer = try await commit(job, [reports.rejected(1, .reportTooEarly)], lease: mine, reports, in: store)
        #expect(try await store.helperJob(Make.task, job.id) == .finished(response: answer))
        // Deleted, it leaves no trace: what the same job rejects later is counted.
        #expect(try await store.deleteHelperJob(Make.task, job.id))
        #expect(try await store.helperJob(Make.task, job.id) == nil)
        _ = try await commit(job, [reports.rejected(1, .vdafVerifyError)], lease: nil, reports, in: store)
        #expect(try await store.helperRejectionCounts(Make.task) == [.vdafVerifyError: 1])
    }

    /// Where its DELETE was lost, the same job is no answer to what is asked later.
    @Test(arguments: EngineKind.tested)
    func anAnswerThatIsTooEarlyIsForgottenWhenTheJobComesAgain(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        for (number, error) in [(1, ReportError.reportTooEarly), (2, .vdafVerifyError)] {
            let job = job(number)
            let mine = lease(job)
            try await keep(job, mine, in: store)
            try await store.forgetPassingAnswer(Make.task, job.id)
            let answer = try await commit(job, [reports.rejected(number, error)], lease: mine, reports, in: store)
            try await store.forgetPassingAnswer(Make.task, job.id)
            let expected: HelperJob? = error == .reportTooEarly ? nil : .finished(response: answer)
            #expect(try await store.helperJob(Make.task, job.id) == expected)
        }
    }

    /// Nobody pays for what does not wait.
    @Test func aJobThatIsAnsweredAtOnceTouchesNothingOfTheQueue() async throws {
        let (temporary, seen) = (try TemporaryStore(), SeenStatements())
        let store = NodeDatabase(WatchedEngine(temporary.store.engine) { seen.note($0) })
        let reports = try HelperReports()
        try await reports.job([reports.verified(1), reports.rejected(2, .vdafVerifyError)], in: store)
        let statements = seen.all
        #expect(statements.filter { $0.contains("helper_jobs") }.count == 2, "it is inserted, and gets its answer")
        #expect(!statements.contains { $0.contains("helper_waiting") || $0.contains("helper_job_requests") })
    }

    /// An answer has megabytes, and a leader that deletes it wants nothing of it.
    @Test(arguments: EngineKind.tested)
    func anAnswerIsDeletedWithoutBeingRead(kind: EngineKind) async throws {
        let (temporary, seen) = (try await TemporaryStore(kind), SeenStatements())
        let store = NodeDatabase(WatchedEngine(temporary.store.engine) { seen.note($0) })
        let reports = try HelperReports()
        for (number, error) in [(1, ReportError.vdafVerifyError), (2, .reportTooEarly)] {
            let (job, mine) = (job(number), lease(job(number)))
            try await keep(job, mine, in: store)
            _ = try await commit(job, [reports.rejected(number, error)], lease: mine, reports, in: store)
            let before = seen.all.count
            #expect(try await store.deleteHelperJob(Make.task, job.id))
            let statements = seen.all.dropFirst(before)
            #expect(statements.contains { $0.contains("helper_jobs") })
            #expect(!statements.contains { $0.contains("SELECT response,") || $0.contains("RETURNING response") })
            #expect(!statements.contains { $0.contains("SELECT response FROM") })
            #expect(try await store.helperJob(Make.task, job.id) == (error == .reportTooEarly ? nil : .deleted))
        }
    }

    /// Verifying for a leader that waits, storing, leasing and deleting, all at once: one end, and nothing is counted twice.
    @Test(arguments: EngineKind.tested)
    func aJobThatMuchHappensToHasOneEnd(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        for round in 1...4 {
            let job = job(round)
            let outcomes = [try reports.verified(round * 10)]
            let answers = try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
                for turn in 0..<9 {
                    group.addTask {
                        switch turn % 3 {
                        case 0: return try await commit(job, outcomes, lease: nil, reports, in: store)
                        case 1:
                            try await keep(job, in: store)
                            return nil
                        default:
                            let mine = lease(job)
                            guard try await store.leaseHelperJob(mine, for: Self.long) != nil else { return nil }
                            do { return try await commit(job, outcomes, lease: mine, reports, in: store) } catch {
                                return nil
                            }
                        }
                    }
                }
                return try await group.reduce(into: Set<[UInt8]>()) { set, answer in
                    if let answer { set.insert(answer) }
                }
            }
            #expect(answers.count == 1)
            #expect(try await store.helperJob(Make.task, job.id) == answers.first.map { .finished(response: $0) })
        }
        #expect(try await store.waitingHelperJobs().isEmpty)
        #expect(try await places(store).allSatisfy { $0 == [0, 0] })
        #expect(try await pieces(store) == 0)
        #expect(
            try await store.helperStanding(Make.task, .interval(Interval(start: 0, duration: 1_000))).accepted == 4)
    }
}

private final class SeenStatements: Sendable {
    private let statements = Mutex<[String]>([])

    var all: [String] { statements.withLock { $0 } }

    func note(_ sql: String) { statements.withLock { $0.append(sql) } }
}
