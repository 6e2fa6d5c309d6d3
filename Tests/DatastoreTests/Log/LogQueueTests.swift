import DAP
import Datastore
import Ledger
import Synchronization
import TestSupport
import Testing

/// The log's queue: who gives out places, in which order, and what that tells.
@Suite(.inTurns) struct LogQueueTests {
    private static let window: UInt64 = 1_000

    private func lease(_ store: NodeDatabase) async throws -> DutyLease {
        try #require(try await store.takeDuty(.log, holder: "test", for: .seconds(60)))
    }

    /// Uploads reports and accepts them, so that their leaves wait until a time.
    private func accept(_ numbers: [Int], until end: UInt64?, in store: NodeDatabase) async throws {
        let key = try await store.pendingJob(numbers)
        let job = try #require(try await store.seizeJob(key, for: .seconds(60)))
        try await store.finishJob(
            job,
            outcomes: numbers.map { number in
                (Make.reportID(number), .accepted(outputShare: Make.share(number), logEntry: Make.entry(number)))
            }, loggedAfter: end, vdaf: Make.vdaf)
    }

    private func entries(_ store: NodeDatabase) async throws -> [[UInt8]] {
        try await store.logEntries(from: 0, limit: 1_000)
    }

    @Test(arguments: EngineKind.tested)
    func aLeafHasNoPlaceBeforeItsWindowIsOver(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await accept([1, 2], until: Self.window, in: store)
        let duty = try await lease(store)
        #expect(try await store.nextLogEntry() == Self.window)
        #expect(try await store.numberLogEntries(duty, dueAt: Self.window - 1) == 0)
        #expect(try await store.standing(of: Make.reportID(1), task: Make.task) == .accepted(logIndex: nil))
        #expect(try await store.waitingWord(about: Make.reportID(1), task: Make.task) == Self.window)
        let batch = BatchScope.interval(Interval(start: 100, duration: 1))
        #expect(try await store.waitingWords(task: Make.task, scope: batch) == Self.window)
        let other = BatchScope.interval(Interval(start: 101, duration: 5))
        #expect(try await store.waitingWords(task: Make.task, scope: other) == nil)
        #expect(try await store.numberLogEntries(duty, dueAt: Self.window) == 2)
        #expect(try await store.logSize() == 2)
        #expect(try await store.nextLogEntry() == nil)
        #expect(try await store.waitingWords(task: Make.task, scope: batch) == nil)
        for number in [1, 2] {
            guard
                case .accepted(let index?) = try await store.standing(of: Make.reportID(number), task: Make.task)
            else {
                Issue.record("report \(number) has no place")
                continue
            }
            #expect(try await store.logEntries(from: index, limit: 1) == [Make.entry(number)])
        }
    }

    /// What is due first comes first; in a window, numbers that nobody can predict decide.
    @Test(arguments: EngineKind.tested)
    func placesAreDrawnWithinAWindow(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let turns = Mutex([5, 3, 4, 1, 2, 6].map { Int64($0) })
        temporary.store.shuffle = { turns.withLock { $0.isEmpty ? 9 : $0.removeFirst() } }
        let store = temporary.store
        try await accept([1, 2, 3], until: Self.window, in: store)
        try await accept([4, 5], until: Self.window, in: store)
        try await accept([6], until: Self.window - 10, in: store)
        try await accept([7], until: nil, in: store)
        #expect(try await store.numberedSize() == 7)
        #expect(try await entries(store) == [7, 6, 4, 5, 2, 3, 1].map(Make.entry))
    }

    @Test(arguments: EngineKind.tested)
    func aPlaceNeverChanges(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        var former: [[UInt8]] = []
        for round in 0..<5 {
            try await accept(Array(round * 10..<round * 10 + 10), until: Self.window, in: store)
            _ = try await store.numberedSize(dueAt: Self.window)
            let now = try await entries(store)
            #expect(now.count == (round + 1) * 10 && Array(now.prefix(former.count)) == former)
            former = now
        }
        #expect(Set(former.map { String(decoding: $0, as: UTF8.self) }).count == 50, "each has one place")
    }

    @Test(arguments: EngineKind.tested)
    func whoHasLostTheDutyNumbersNothing(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await accept([1], until: nil, in: store)
        let lost = try #require(try await store.takeDuty(.log, holder: "stopped", for: .zero))
        try await Task.sleep(for: .milliseconds(5))
        let next = try await lease(store)
        await #expect(throws: DatastoreError.leaseLost) { try await store.numberLogEntries(lost, dueAt: .max) }
        #expect(try await store.logSize() == 0)
        #expect(try await store.numberLogEntries(next, dueAt: .max) == 1)
    }

    /// Two that both believe to have the duty: the entries get one place each, without gaps.
    @Test(arguments: EngineKind.tested)
    func twoSequencersGiveEachEntryOnePlace(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        for round in 0..<4 { try await accept(Array(round * 25..<round * 25 + 25), until: Self.window, in: store) }
        let duty = try await lease(store)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    var isOver = false
                    while !isOver {
                        do {
                            isOver = try await store.numberLogEntries(duty, dueAt: .max, limit: 7) == 0
                        } catch DatastoreError.stale {}
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.logSize() == 100)
        let texts = try await entries(store).map { String(decoding: $0, as: UTF8.self) }
        #expect(texts.count == 100 && Set(texts).count == 100)
        try await LeaderAudit(store: store).check { Int($0.bytes[7]) }
    }

    /// Killed after numbering, before anything was rendered: the places are what they were.
    @Test(arguments: EngineKind.tested)
    func placesSurviveAKill(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        try await accept([1, 2, 3], until: Self.window, in: temporary.store)
        try await accept([4], until: 2 * Self.window, in: temporary.store)
        _ = try await temporary.store.numberedSize(dueAt: Self.window)
        let before = try await entries(temporary.store)
        let reopened = try await temporary.afterKill()
        #expect(try await reopened.logEntries(from: 0, limit: 9) == before)
        #expect(try await reopened.nextLogEntry() == 2 * Self.window)
        #expect(try await reopened.numberedSize() == 4)
        #expect(try await reopened.logEntries(from: 3, limit: 9) == [Make.entry(4)])
    }

    /// Accepts a report that can be withdrawn, whose leaf waits until a time.
    private func acceptCommitted(
        _ number: Int, deadline: UInt64, until end: UInt64, in store: NodeDatabase
    ) async throws {
        let report = try Make.committedReport(number, deadline: deadline)
        _ = try await store.storeReports([report], task: Make.task, bucketCapacity: nil)
        let job = try #require(try await store.seizeJob(try await store.formJob([number]), for: .seconds(60)))
        let accepted = ReportOutcome.accepted(outputShare: Make.share(number), logEntry: try Make.leaf(number))
        try await store.finishJob(
            job, outcomes: [(Make.reportID(number), accepted)], loggedAfter: end, vdaf: Make.vdaf)
    }

    @Test(arguments: EngineKind.tested)
    func aClockThatIsSetBackTurnsNoWordsRound(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await acceptCommitted(1, deadline: 100_000, until: 2 * Self.window, in: store)
        let withdrawal = try Make.withdrawal(1)
        #expect(
            try await store.withdraw(withdrawal, earlyLimit: 9, loggedAfter: Self.window, vdaf: Make.vdaf)
                == .withdrawn)
        #expect(try await store.numberedSize(dueAt: 2 * Self.window - 1) == 0)
        #expect(try await store.numberedSize(dueAt: 2 * Self.window) == 2)
        let expected = [try Make.leaf(1), LedgerEntry.withdrawal(withdrawal).encoded()]
        #expect(try await entries(store) == expected)
    }

    /// A window is no reason to break a promise.
    @Test(arguments: EngineKind.tested)
    func noWordWaitsForLongerThanItsPromise(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await acceptCommitted(1, deadline: 10_000, until: 1_000_000, in: store)
        #expect(try await store.nextLogEntry() == 10_000 - 3_600)
        try await acceptCommitted(2, deadline: 1_000, until: 1_000_000, in: store)
        #expect(try await store.nextLogEntry() == 0)
    }

    /// Uploads reports that are in no job before a time; whichever comes later has an earlier turn.
    private func uploadInTurns(_ numbers: ClosedRange<Int>, _ temporary: TemporaryStore) async throws {
        let turns = Mutex(Int64(1_000))
        temporary.store.shuffle = {
            turns.withLock { turn in
                turn -= 1
                return turn
            }
        }
        let reports = numbers.map { number in
            var report = Make.report(number)
            report.notBefore = Self.window
            return report
        }
        _ = try await temporary.store.storeReports(reports, task: Make.task, bucketCapacity: nil)
    }

    private func claim(_ store: NodeDatabase, at now: UInt64, bytes: Int = 1 << 20) async throws -> [ReportID]? {
        let claim = JobClaim(
            task: Make.task, batchCapacity: 5, now: now, window: Self.window, jobSize: 100, jobBytes: bytes
        ) { $0 }
        guard let job = try await store.claimJob(claim, for: .seconds(60)) else { return nil }
        return try await store.reports(ofJob: job.lease.job.key).map(\.reportID)
    }

    /// However jobs and batches are cut, their reports are drawn.
    @Test(arguments: EngineKind.tested)
    func batchesAreFilledInTheOrderOfTurns(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        try await uploadInTurns(1...50, temporary)
        let store = temporary.store
        #expect(try await claim(store, at: Self.window - 1) == nil)
        #expect(try await claim(store, at: Self.window) == [50, 49, 48, 47, 46].map(Make.reportID))
        #expect(try await claim(store, at: Self.window, bytes: 1) == [Make.reportID(45)])
        #expect(try await claim(store, at: Self.window) == [44, 43, 42, 41].map(Make.reportID), "the batch is full")
    }

    /// A report that comes back from a job, for whatever reason, can be in another.
    @Test(arguments: EngineKind.tested)
    func whatComesBackWaitsForAnotherJob(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        try await uploadInTurns(1...2, temporary)
        let store = temporary.store
        let claim = JobClaim(
            task: Make.task, batchCapacity: 5, now: Self.window, window: Self.window, jobSize: 100, jobBytes: 1 << 20
        ) { $0 }
        for pause in [0, Self.window] {
            let job = try #require(try await store.claimJob(claim, for: .seconds(60)))
            try await store.finishJob(
                job.lease, outcomes: [2, 1].map { (Make.reportID($0), .returned(notBefore: pause)) }, vdaf: Make.vdaf)
            let waiting = try await store.waitingReports(
                task: Make.task, now: Self.window, limit: 9, payloadLimit: 1 << 20)
            #expect(waiting.map(\.reportID) == [2, 1].map(Make.reportID), "after \(pause)")
        }
    }

    /// A clock that was ahead for a minute holds nothing up for ever.
    @Test(arguments: EngineKind.tested)
    func whatWaitsForMoreThanAWeekIsDue(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        try await accept([1], until: 10_000_000, in: temporary.store)
        #expect(try await temporary.store.numberedSize(dueAt: 10_000_000 - 700_000) == 1)
    }

    /// An entry that was said already, or is about to be, is not queued again.
    @Test(arguments: EngineKind.tested)
    func aSubmissionWaitsOnce(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        for _ in 0..<2 { try await store.submitLogEntry([1], task: Make.task) }
        #expect(try await store.submittedLogEntry([1]) == nil)
        #expect(try await store.numberedSize() == 1)
        #expect(try await store.submittedLogEntry([1]) == 0)
        try await store.submitLogEntry([1], task: Make.task)
        #expect(try await store.numberedSize() == 1)
    }

    /// What numbering costs grows with what is due, not with what waits behind it.
    @Test(arguments: EngineKind.tested)
    func numberingDoesNotLookAtWhatIsNotDue(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let counter = CountingEngine(temporary.store.engine)
        let store = NodeDatabase(counter)
        func cost(_ number: Int) async throws -> CountingEngine.Counts {
            try await accept([number], until: Self.window, in: store)
            let duty = try await lease(store)
            _ = counter.take()
            #expect(try await store.numberLogEntries(duty, dueAt: Self.window) == 1)
            let counts = counter.take()
            try await store.endDuty(duty)
            return counts
        }
        _ = try await cost(1)
        let alone = try await cost(2)
        try await accept(Array(1_000..<1_500), until: 2 * Self.window, in: store)
        #expect(try await cost(3) == alone)
        #expect(alone.statements <= 10)
    }

    /// Rows of one sender that were uploaded side by side stand side by side no more often than chance has it.
    @Test func neighboursOfAnUploadAreNoNeighboursInTheLog() async throws {
        let temporary = try await TemporaryStore(.sqlite)
        let generator = Mutex(SeededGenerator())
        temporary.store.shuffle = { generator.withLock { .random(in: 1...(.max), using: &$0) } }
        let store = temporary.store
        // 40 senders with 10 rows each, one after the other.
        for sender in 0..<40 { try await accept((0..<10).map { sender * 10 + $0 }, until: Self.window, in: store) }
        _ = try await store.numberedSize(dueAt: Self.window)
        let numbers = try await entries(store).compactMap {
            Int(String(decoding: $0.dropFirst("entry ".utf8.count), as: UTF8.self))
        }
        try #require(numbers.count == 400)
        let together = zip(numbers, numbers.dropFirst()).count { $0 / 10 == $1 / 10 }
        // 399 pairs, each of one sender with probability 9/399: 9 expected, with a standard deviation of 3.
        #expect(together < 27, "\(together) neighbours of one sender")
        let first = numbers.prefix(200).reduce(0, +) / 200
        #expect((140..<260).contains(first), "what came early stands early: \(first)")
    }
}
