import DAP
import Datastore
import Testing

/// Which jobs are due, in what order they are taken, and what it costs to find them.
@Suite(.inTurns) struct DueJobTests {
    @Test(arguments: EngineKind.tested)
    func whatIsLeasedOrPausedIsNotDue(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        try await store.upload(1...1)
        let key = try #require(try await store.claim(for: .seconds(60))).lease.job.key
        #expect(try await store.acquireJob(of: Make.task, for: .seconds(60)) == nil)
        guard case .held(let left) = try await store.retryJob(key) else { throw CancellationError() }
        #expect(left > 0 && left <= 60_000, "somebody works on it")
        let seized = try #require(try await store.seizeJob(key, for: .seconds(60)))
        try await store.releaseJob(seized, after: .seconds(60), exchange: nil)
        #expect(try await store.acquireJob(of: Make.task, for: .seconds(60)) == nil)
        #expect(try await store.dueJobs().isEmpty)
        #expect(try await store.retryJob(key) == .due)
        #expect(try await store.dueJobs().map(\.job) == [key])
        #expect(try await store.acquireJob(of: Make.task, for: .seconds(60))?.job.key == key)
        #expect(try await store.acquireJob(of: Make.task, for: .seconds(60)) == nil)
        #expect(try await store.seizeJob(999, for: .seconds(60)) == nil)
    }

    /// Jobs of a task are taken in the order in which they fell due, whatever else waits.
    @Test(arguments: EngineKind.tested)
    func whatHasBeenDueLongestIsTakenFirst(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let other = TaskID.random()
        for task in [Make.task, other] { try await store.addTask(Make.storedTask(task), logEntry: nil) }
        var keys: [Int64] = []
        for number in 1...3 {
            try await store.upload(number...number)
            keys.append(try #require(try await store.claim(for: .seconds(60))).lease.job.key)
        }
        try await store.upload(9...9, other)
        let foreign = try #require(try await store.claim(for: .zero, other)).lease.job.key
        for key in [keys[1], keys[2], keys[0]] {
            let lease = try #require(try await store.seizeJob(key, for: .seconds(60)))
            try await store.releaseJob(lease, after: .zero, exchange: nil)
            // Time is counted in milliseconds.
            try await Task.sleep(for: .milliseconds(3))
        }
        #expect(Set(try await store.dueJobs().map(\.job)) == [keys[1], foreign], "one of each task")
        var taken: [Int64] = []
        while let lease = try await store.acquireJob(of: Make.task, for: .seconds(60)) { taken.append(lease.job.key) }
        #expect(taken == [keys[1], keys[2], keys[0]])
    }

    /// A process that was slow, or stopped for longer than a lease, finds its own jobs due, and others behind them.
    @Test(arguments: EngineKind.tested)
    func nobodyTakesAJobFromItself(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        var leases: [JobLease] = []
        for number in 1...3 {
            try await store.upload(number...number)
            leases.append(try #require(try await store.claim(for: .zero)).lease)
            try await Task.sleep(for: .milliseconds(3))
        }
        let keys = leases.map(\.job.key)
        let taken = try await store.acquireJob(of: Make.task, except: Set(keys.prefix(2)), for: .seconds(60))
        #expect(taken?.job.key == keys[2])
        #expect(try await store.acquireJob(of: Make.task, except: Set(keys), for: .seconds(60)) == nil)
        // What nobody took is still its own, however late it is.
        #expect(try await store.renewJobs(leases, for: .seconds(60)) == [keys[2]])
        #expect(try await store.dueJobs().isEmpty)
        try await store.sendJob(leases[0], JobRequest(bytes: [1]), rejected: [], for: .seconds(60))
    }

    /// However many tasks there are, one question finds the due jobs, and tasks without jobs are not looked at.
    @Test(arguments: EngineKind.tested)
    func dueJobsAreFoundWithOneStatementForAllTasks(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        #expect(try await store.dueJobs().isEmpty)
        let tasks = (0..<30).map { _ in TaskID.random() }
        for task in tasks { try await store.addTask(Make.storedTask(task), logEntry: nil) }
        var expected: Set<TaskID> = []
        for (number, task) in tasks.enumerated() where number % 3 == 0 {
            for report in 1...2 {
                try await store.upload(report...report, task)
                // Every second one has nothing that is due.
                let isDue = number % 2 == 0
                _ = try await store.claim(for: isDue ? .zero : .seconds(60), task)
                if isDue { expected.insert(task) }
            }
        }
        let counter = CountingEngine(store.engine)
        let due = try await NodeDatabase(counter).dueJobs()
        #expect(Set(due.map(\.task)) == expected && due.count == expected.count, "one of each task")
        #expect(counter.take().statements == 1)
    }

    /// When the helper is there again, jobs follow whose pause nobody has asked for.
    @Test(arguments: EngineKind.tested)
    func hurriedJobsAreDue(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: nil)
        var keys: [Int64] = []
        for (number, isAsked) in [(1, false), (2, true)] {
            try await store.upload(number...number)
            let lease = try #require(try await store.claim(for: .seconds(60))).lease
            try await store.sendJob(lease, JobRequest(bytes: [1]), rejected: [], for: .seconds(60))
            let progress = JobProgress(answer: .unusable, attempts: 3, isAsked: isAsked, reason: "away")
            try await store.releaseJob(lease, after: .seconds(600), exchange: (progress, nil))
            keys.append(lease.job.key)
        }
        try await store.hurryJobs(of: Make.task)
        #expect(try await store.dueJobs().map(\.job) == [keys[0]])
        let shown = try await store.jobOverviews()
        #expect(shown.map(\.key) == keys && shown.map { $0.left > 0 } == [false, true])
        #expect(try await store.jobOverview(keys[1])?.progress?.isAsked == true)
    }
}
