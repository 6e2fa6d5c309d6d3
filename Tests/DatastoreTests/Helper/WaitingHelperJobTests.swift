import DAP
import Datastore
import Foundation
import Ledger
import Synchronization
import Testing

/// Jobs that wait at the helper to be verified, with their requests.
@Suite struct WaitingHelperJobTests {
    private static let room = HelperJobRoom(jobs: 5, bytes: 10 << 20, jobsOfTask: 3, bytesOfTask: 6 << 20)

    private static let long = HelperJobLease.longest
    /// Over when the next statement begins.
    private static let over = Duration.zero

    private func job(_ number: Int, task: TaskID = Make.task, bytes: Int = 100) -> WaitingHelperJob {
        WaitingHelperJob(
            task: task, id: AggregationJobID(unchecked: [UInt8](repeating: UInt8(number), count: 16)),
            arrived: UInt64(1_000 + number), reports: number, bytes: bytes)
    }

    private func request(_ job: WaitingHelperJob) -> [UInt8] {
        (0..<job.bytes).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ job.reports) }
    }

    @discardableResult
    private func keep(
        _ job: WaitingHelperJob, _ lease: HelperJobLease? = nil, in store: NodeDatabase
    ) async throws -> HelperJobKeeping {
        try await store.keepHelperJob(job, request: request(job), lease: lease, for: Self.long, room: Self.room)
    }

    private func lease(_ job: WaitingHelperJob) -> HelperJobLease { HelperJobLease(task: job.task, job: job.id) }

    /// What the counters say: those of the task, and of all.
    private func places(_ store: NodeDatabase) async throws -> [[Int64]] {
        try await store.engine.read { session in
            try session.rows("SELECT jobs, bytes FROM helper_waiting ORDER BY task").map {
                [try $0.integer("jobs"), try $0.integer("bytes")]
            }
        }
    }

    private func pieces(_ store: NodeDatabase) async throws -> Int64? {
        try await store.engine.read { try $0.integer("SELECT COUNT(*) FROM helper_job_requests") }
    }

    private func commit(
        _ job: WaitingHelperJob, _ outcomes: [HelperOutcome], lease: HelperJobLease?, _ reports: HelperReports,
        in store: NodeDatabase
    ) async throws -> [UInt8] {
        try await store.commitHelperJob(
            job.task, job.id, outcomes: outcomes, verifyKey: nil, keepsLastWords: true, vdaf: reports.vdaf,
            lease: lease)
    }

    @Test(arguments: EngineKind.tested)
    func whatWaitsIsThereAfterAKill(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let large = job(1, bytes: (2 << 20) + 17)
        #expect(try await keep(large, in: store) == .waiting)
        #expect(try await keep(large, in: store) == .present, "the same bytes are the same job")
        let found = try await temporary.afterKill()
        #expect(try await found.waitingHelperJobs() == [large])
        #expect(try await found.helperJob(Make.task, large.id) == .waiting(large))
        let mine = lease(large)
        #expect(try await found.leaseHelperJob(mine, for: Self.long) == request(large))
        #expect(try await pieces(found) == 3)
        // Whoever is killed by what it took has said so before.
        #expect(try await found.waitingHelperJobs().first?.attempts == 1)
    }

    /// What is left of a request in pages, logs and backups is sealed under a key that goes with the job.
    @Test(arguments: EngineKind.tested)
    func aRequestLiesUnderAKeyThatIsDestroyedWithIt(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        let (large, other) = (job(1, bytes: (1 << 20) + 50), job(2, bytes: 60))
        let (first, second) = (lease(large), lease(other))
        try await keep(large, first, in: store)
        try await keep(other, second, in: store)
        let keys = try await secrets(store)
        #expect(Set(keys).count == 2 && !keys.contains(Self.destroyed))
        let stored = try await store.engine.read { session in
            try session.rows("SELECT bytes FROM helper_job_requests").map { Data(try $0.bytes("bytes")) }
        }
        for piece in stored { #expect(piece.range(of: Data(request(large)[64..<96])) == nil) }
        _ = try await commit(large, [reports.verified(1)], lease: first, reports, in: store)
        #expect(try await secrets(store).filter { $0 == Self.destroyed }.count == 1)
        #expect(try await store.deleteHelperJob(Make.task, other.id))
        #expect(try await secrets(store) == [Self.destroyed, Self.destroyed])
        let due = try await store.engine.read { try $0.integer("SELECT COUNT(*) FROM scrubs_due") }
        #expect(due == 2)
        // Places of keys are taken again, by keys that are new.
        for number in 3...4 { try await keep(job(number), in: store) }
        let next = try await secrets(store)
        #expect(next.count == 2 && Set(next + keys).count == 4 && !next.contains(Self.destroyed))
    }

    private static let destroyed = [UInt8](repeating: 0, count: 32)

    /// The keys of stored requests.
    private func secrets(_ store: NodeDatabase) async throws -> [[UInt8]] {
        try await store.engine.read { session in
            try session.rows("SELECT secret FROM share_keys WHERE task = 0 ORDER BY share_key").map {
                try $0.bytes("secret")
            }
        }
    }

    @Test(arguments: EngineKind.tested)
    func aRequestOfWhichAPieceIsGoneIsAFault(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let large = job(1, bytes: (1 << 20) + 50)
        try await keep(large, in: store)
        _ = try await store.engine.write { try $0.execute("DELETE FROM helper_job_requests WHERE part = 1") }
        await #expect(throws: DatastoreError.corrupt("the request of a stored aggregation job is not whole")) {
            try await store.leaseHelperJob(lease(large), for: Self.long)
        }
    }

    @Test(arguments: EngineKind.tested)
    func aLeasedJobIsItsVerifiersUntilTheLeaseEnds(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let job = job(1)
        try await keep(job, in: store)
        let (first, second) = (lease(job), lease(job))
        #expect(try await store.leaseHelperJob(first, for: Self.over) != nil)
        try await store.renewHelperJob(first, for: Self.long)
        #expect(try await store.leaseHelperJob(second, for: Self.long) == nil)
        let held = try #require(try await store.waitingHelperJobs().first)
        #expect(held.isHeld && held.left > .seconds(10) && held.left <= Self.long)
        try await store.renewHelperJob(first, for: Self.over)
        #expect(try await store.waitingHelperJobs().first?.left == .zero)
        #expect(try await store.leaseHelperJob(second, for: Self.long) != nil, "it is free, and somebody was faster")
        for loser in [first, lease(job), HelperJobLease(task: .random(), job: job.id, token: second.token)] {
            await #expect(throws: DatastoreError.leaseLost) { try await store.renewHelperJob(loser, for: Self.long) }
            await #expect(throws: DatastoreError.leaseLost) { try await store.releaseHelperJob(loser, after: .zero) }
            await #expect(throws: DatastoreError.leaseLost) { try await store.forgetHelperJob(loser) }
        }
        try await store.releaseHelperJob(second, after: Self.long)
        let waiting = try #require(try await store.waitingHelperJobs().first)
        #expect(!waiting.isHeld && waiting.left > .seconds(10) && waiting.attempts == 2)
        let third = lease(job)
        #expect(try await store.leaseHelperJob(third, for: Self.long) != nil, "nobody has it: a pause is advice")
        try await store.forgetHelperJob(third)
        #expect(try await store.helperJob(Make.task, job.id) == nil)
        #expect(try await places(store) == [[0, 0], [0, 0]])
        #expect(try await pieces(store) == 0)
    }

    /// Leases and pauses are by the database's clock, which somebody may set back by a day.
    @Test(arguments: EngineKind.tested)
    func aClockThatIsSetBackParksNoJob(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let (waiting, held) = (job(1), job(2))
        try await keep(waiting, in: store)
        let first = lease(held)
        try await keep(held, first, in: store)
        let due = try await store.engine.read { session in
            try session.integer("SELECT due FROM helper_jobs WHERE lease_token = 0")
        }
        #expect(due == 0, "what nobody has is due by every clock")
        _ = try await store.engine.write { try $0.execute("UPDATE helper_jobs SET due = due + 86400000") }
        #expect(try await store.waitingHelperJobs().allSatisfy { $0.left == .zero })
        let second = lease(held)
        #expect(try await store.leaseHelperJob(second, for: Self.long) == request(held))
        #expect(try await store.leaseHelperJob(first, for: Self.long) == nil)
    }

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

    @Test(arguments: EngineKind.tested)
    func aDeletedJobAcceptsNothing(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        let job = job(1)
        try await keep(job, in: store)
        let mine = lease(job)
        _ = try await store.leaseHelperJob(mine, for: Self.long)
        #expect(try await store.deleteHelperJob(Make.task, job.id))
        #expect(try await !store.deleteHelperJob(Make.task, job.id))
        #expect(try await store.helperJob(Make.task, job.id) == nil)
        await #expect(throws: DatastoreError.leaseLost) {
            try await commit(job, [reports.verified(1)], lease: mine, reports, in: store)
        }
        #expect(try await store.helperJob(Make.task, job.id) == nil)
        // Its reports may be in others.
        #expect(try await reports.job([reports.verified(1)], in: store) == [nil])
        #expect(try await places(store) == [[0, 0], [0, 0]])
        #expect(try await pieces(store) == 0)
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

    @Test(arguments: EngineKind.tested)
    func thereIsNoMoreThanThereIsRoomFor(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let other = TaskID.random()
        for number in 1...3 { #expect(try await keep(job(number), in: store) == .waiting) }
        #expect(try await keep(job(4), in: store) == .noRoom, "the task has its three")
        #expect(try await store.helperJob(Make.task, job(4).id) == nil)
        #expect(try await keep(job(5, task: other, bytes: 7 << 20), in: store) == .noRoom, "too long for a task")
        #expect(try await keep(job(5, task: other, bytes: 5 << 20), in: store) == .waiting)
        #expect(try await keep(job(6, task: other), in: store) == .waiting)
        #expect(try await keep(job(7, task: .random()), in: store) == .noRoom, "there are five of all tasks")
        #expect(try await keep(job(3), in: store) == .present, "what waits already is kept")
        #expect(try await store.deleteHelperJob(Make.task, job(2).id))
        #expect(try await keep(job(4), in: store) == .waiting)
        #expect(try await store.waitingHelperJobs().count == 5)
        #expect(try await places(store) == [[5, 400 + (5 << 20)], [3, 300], [2, 100 + (5 << 20)]])
    }

    /// Many ask for the last places at once.
    @Test(arguments: EngineKind.tested)
    func noPlaceIsGivenTwice(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let kept = try await withThrowingTaskGroup(of: HelperJobKeeping.self) { group in
            for number in 1...12 { group.addTask { try await keep(job(number), in: store) } }
            return try await group.reduce(into: 0) { $0 += $1 == .waiting ? 1 : 0 }
        }
        #expect(kept == 3)
        #expect(try await store.waitingHelperJobs().count == 3)
        #expect(try await places(store) == [[3, 300], [3, 300]])
        #expect(try await pieces(store) == 3)
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

    @Test(arguments: EngineKind.tested)
    func anEndedTaskStoresNothing(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        try await store.addTask(Make.storedTask(), logEntry: nil)
        try await keep(job(1), in: store)
        let mine = lease(job(1))
        _ = try await store.leaseHelperJob(mine, for: Self.long)
        #expect(try await store.endTask(Make.task, mayDiscard: false, at: 0) == .ended(discarded: 0))
        await #expect(throws: DatastoreError.notServed(Make.task)) { try await keep(job(2), in: store) }
        await #expect(throws: DatastoreError.notServed(Make.task)) {
            try await commit(job(1), [reports.verified(1)], lease: mine, reports, in: store)
        }
        try await store.forgetHelperJob(mine)
        #expect(try await store.waitingHelperJobs().isEmpty)
        #expect(try await places(store) == [[0, 0], [0, 0]])
    }
}

private final class SeenStatements: Sendable {
    private let statements = Mutex<[String]>([])

    var all: [String] { statements.withLock { $0 } }

    func note(_ sql: String) { statements.withLock { $0.append(sql) } }
}
