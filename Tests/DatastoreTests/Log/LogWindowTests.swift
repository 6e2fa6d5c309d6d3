import DAP
import Datastore
import Ledger
import Tasks
import Testing

/// What the store makes of words that wait for the end of a window: who may go on meanwhile, and until when the others wait.
@Suite(.inTurns) struct LogWindowTests {
    private static let window: UInt64 = 1_000
    private let interval = Interval(start: 100, duration: 9)
    private let problem = CollectionProblem(type: nil, detail: "no")

    /// Accepts reports that can be withdrawn, each of a unit of time of its own, whose leaves wait until a time.
    private func accept(
        _ numbers: [Int], until end: UInt64, batch: BatchID? = nil, in store: NodeDatabase
    ) async throws {
        for number in numbers {
            let time = UInt64(100 + number)
            let report = try Make.committedReport(number, time: time, deadline: 1_000_000)
            _ = try await store.storeReports([report], task: Make.task, bucketCapacity: nil)
            let job = try #require(
                try await store.seizeJob(try await store.formJob([number], batch: batch), for: .seconds(60)))
            let leaf = try Make.leaf(number, time: time, batch: batch)
            try await store.finishJob(
                job, outcomes: [(Make.reportID(number), .accepted(outputShare: Make.share(number), logEntry: leaf))],
                loggedAfter: end, vdaf: Make.vdaf)
        }
    }

    /// Seals the interval, or the batch where there is one.
    private func seal(_ batch: BatchID?, in store: NodeDatabase) async throws -> CollectionLease {
        let wanted = batch == nil ? interval : nil
        let job = try await store.newCollection(interval: wanted)
        let lease = try #require(try await store.seizeCollection(job.key, for: .seconds(60)))
        let outcome = try await store.sealBatch(lease, interval: wanted, sizes: 1...9)
        #expect(outcome == .sealed(batch.map(BatchScope.batch) ?? .interval(interval)))
        return lease
    }

    /// One row tells, however many wait. Where what it tells is not the last word, whoever has waited asks again.
    @Test(arguments: EngineKind.tested)
    func aLookAtABatchSaysUntilWhenTheWordsOfItsLastUnitWait(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await accept([1, 2], until: 2 * Self.window, in: store)
        try await accept([3], until: Self.window, in: store)
        let scope = BatchScope.interval(interval)
        #expect(try await store.waitingWords(task: Make.task, scope: scope) == Self.window)
        _ = try await store.numberedSize(dueAt: Self.window)
        #expect(try await store.waitingWords(task: Make.task, scope: scope) == 2 * Self.window)
        _ = try await store.numberedSize(dueAt: 2 * Self.window)
        #expect(try await store.waitingWords(task: Make.task, scope: scope) == nil)
    }

    /// Two processes, each of which has made a status of its own: the first one's is shown.
    @Test(arguments: EngineKind.tested)
    func ofTwoProcessesTheFirstOneSaysWhatIsShownInAWindow(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        let end = 5 * Self.window
        func show(_ byte: UInt8, until end: UInt64) async throws -> ShownTaskStatus {
            try await store.show(ShownTaskStatus(end: end, json: [byte]), of: Make.task)
        }
        #expect(try await store.shownStatus(of: Make.task, until: end) == nil)
        let first = ShownTaskStatus(end: end, json: [1])
        #expect(try await show(1, until: end) == first)
        #expect(try await show(2, until: end) == first)
        #expect(try await store.shownStatus(of: Make.task, until: end) == first)
        // The next window begins at one of them: the other, whose clock is a little behind, goes with it.
        #expect(try await store.shownStatus(of: Make.task, until: end + Self.window) == nil)
        let second = try await show(3, until: end + Self.window)
        #expect(second.json == [3])
        #expect(try await show(4, until: end) == second)
        // A clock that was wrong freezes nothing.
        let wrong = try await show(5, until: end + 100 * UInt64(LogWindow.longest))
        #expect(wrong.json == [5])
        #expect(try await show(6, until: end).json == [6])
    }

    /// Whoever wants a report back hears until when its batch is being closed, and gets it if it is not closed then.
    @Test(arguments: EngineKind.tested, [true, false])
    func aBatchThatWaitsForTheWindowSaysUntilWhenItLetsNobodyGo(_ kind: EngineKind, isSelected: Bool) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let batch = isSelected ? try await store.batchForNextJob(task: Make.task, maxBatchSize: 9).id : nil
        try await accept([1, 2, 3], until: Self.window, batch: batch, in: store)
        let lease = try await seal(batch, in: store)
        #expect(try await store.withdraw(2) == .closing(until: Self.window))
        #expect(
            try await store.withdraw(try Make.strangersWithdrawal(2), earlyLimit: 9, vdaf: Make.vdaf) == .wrongKey)
        try await store.failCollection(lease, problem: problem, batch: .reopened)
        #expect(try await store.withdraw(2) == .withdrawn)
        _ = try await seal(batch, in: store)
        _ = try await store.numberedSize(dueAt: Self.window)
        #expect(try await store.withdraw(3) == .tooLate, "the helper may be asked at any moment")
    }

    /// Whoever brings reports hears until when, and nothing of the request is stored before.
    @Test(arguments: EngineKind.tested)
    func anUploadIntoAnIntervalThatWaitsForTheWindowWaitsAsAWhole(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        func upload(_ times: [Int: UInt64]) async throws -> [UploadOutcome] {
            try await store.storeReports(
                times.sorted { $0.key < $1.key }.map { Make.report($0.key, time: $0.value) }, task: Make.task,
                bucketCapacity: nil)
        }
        try await accept([1, 2, 3], until: Self.window, in: store)
        let lease = try await seal(nil, in: store)
        // The last is of another interval.
        let late: [Int: UInt64] = [4: 104, 5: 105, 6: 500]
        #expect(try await upload(late) == [UploadOutcome](repeating: .closing(until: Self.window), count: 3))
        #expect(try await store.reportCounts(task: Make.task).received == 0)
        #expect(try await upload([6: 500]) == [.stored])
        try await store.failCollection(lease, problem: problem, batch: .reopened)
        #expect(try await upload(late) == [.stored, .stored, .duplicate])
    }

    /// When the log has its words, the helper may be asked at any moment.
    @Test(arguments: EngineKind.tested)
    func anUploadIntoAnIntervalThatIsBeingClosedIsRefused(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await accept([1, 2], until: Self.window, in: store)
        _ = try await seal(nil, in: store)
        _ = try await store.numberedSize(dueAt: Self.window)
        let late = [Make.report(4, time: 104), Make.report(6, time: 500)]
        #expect(
            try await store.storeReports(late, task: Make.task, bucketCapacity: nil) == [.batchCollected, .stored])
    }

    /// Nobody has asked the helper for anything: an operator may stop it.
    @Test(arguments: EngineKind.tested)
    func aCollectionThatWaitsForTheWindowCanBeStopped(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await accept([1, 2], until: Self.window, in: store)
        var lease = try await seal(nil, in: store)
        #expect(try await store.stopCollection(lease.job.key, problem: problem) == .stopped)
        await #expect(throws: DatastoreError.leaseLost) { try await store.recordProposal(size: 2, lease) }
        #expect(try await store.batchStatuses(task: Make.task, limit: 9).allSatisfy { $0.state == "open" })
        lease = try await seal(nil, in: store)
        _ = try await store.numberedSize(dueAt: Self.window)
        #expect(try await store.stopCollection(lease.job.key, problem: problem) == .tooLate)
    }

    /// A withdrawal that waited for its job tells when the job ended, whoever ends it.
    @Test(arguments: EngineKind.tested, ["dissolve", "dissolve what is due", "new key"])
    func whatWasTakenBackMeanwhileIsToldWhenTheWindowIsOver(_ kind: EngineKind, end: String) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        var parameters = CairnTaskParameters(collectorHpkeHash: [UInt8](repeating: 1, count: 32), maxBatchSize: 9)
        parameters.logWindow = LogWindow(seconds: UInt32(Self.window))
        var task = Make.storedTask()
        task.configuration = try TaskConfiguration(
            taskInfo: [1], leaderURL: "https://leader.example/", helperURL: "https://helper.example/",
            timePrecision: 60, minBatchSize: 2, batchMode: .timeInterval,
            vdaf: .committed(.sumVec(length: 3, maxMeasurement: 7, chunkLength: 3)), taskInterval: nil,
            cairn: parameters
        ).encoding
        try await store.addTask(task, logEntry: nil)
        let reports = try (1...2).map { try Make.committedReport($0, deadline: 1_000_000) }
        _ = try await store.storeReports(reports, task: Make.task, bucketCapacity: nil)
        let lease = try #require(try await store.claim(for: .zero)).lease
        #expect(try await store.withdraw(2) == .pending)
        let now = 2 * Self.window + 500
        switch end {
        case "dissolve": try await store.dissolveJob(lease, at: now)
        case "new key":
            let outcome = try await store.replaceVerifyKey(
                [UInt8](repeating: 8, count: 32), of: Make.task, peerHasKey: true, at: now)
            #expect(outcome == .replaced)
        default: #expect(try await store.dissolveDueJobs(of: Make.task, except: [], at: now) == 1)
        }
        #expect(try await store.nextLogEntry() == 3 * Self.window)
        #expect(try await store.numberedSize(dueAt: 3 * Self.window - 1) == 0)
        #expect(try await store.numberedSize(dueAt: 3 * Self.window) == 1)
        #expect(try await store.standing(of: Make.reportID(2), task: Make.task) == .withdrawn)
        #expect(try await store.reportCounts(task: Make.task).received == 1)
    }
}
