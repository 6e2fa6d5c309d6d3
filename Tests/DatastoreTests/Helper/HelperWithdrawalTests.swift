import DAP
import Datastore
import Ledger
import TaskTypes
import Testing

/// How reports leave the helper again, for their contributors.
@Suite struct HelperWithdrawalTests {
    private let everything = BatchScope.interval(Interval(start: 0, duration: 1_000))

    @Test(arguments: EngineKind.tested, HelperReports.types)
    func aWithdrawnReportLeavesItsSum(kind: EngineKind, type: VDAFConfiguration) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports(type))
        var shares = try await reports.accept(1...5, in: store)
        #expect(try await reports.withdraw(3, claim: 1, in: store) == .wrongKey)
        #expect(try await reports.withdraw(3, in: store) == .withdrawn)
        #expect(try await reports.withdraw(3, in: store) == .withdrawn, "as often as one likes")
        shares[3] = nil
        try await reports.expectSum(everything, of: shares, in: store)
        let word = try await store.helperLastWords(Make.task, [Make.reportID(3)])
        #expect(try word == [reports.withdrawn(3)])
        // It does not come back.
        #expect(try await reports.job([reports.verified(3), reports.verified(6)], in: store) == [.reportDropped, nil])
        #expect(try await reports.withdraw(7, in: store) == .unknown)
        for number in shares.keys { try await reports.withdraw(number, in: store) }
        let reopened = try await temporary.afterKill()
        let rest = try await reopened.sumHelperShares(Make.task, everything, vdaf: reports.vdaf)
        #expect(rest.count == 1)
        try await HelperAudit(store: reopened, reports: reports).check()
    }

    @Test(arguments: EngineKind.tested)
    func aWithdrawalThatComesFirstStopsItsReportAlone(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        for (number, claim) in [(1, 0), (1, 1), (2, 1), (3, 0)] {
            #expect(try await reports.withdraw(number, claim: claim, earlyLimit: 9, in: store) == .pending)
        }
        #expect(try await reports.withdraw(1, earlyLimit: 9, in: store) == .pending, "it is there already")
        // 2 was withdrawn by somebody else; 3 is rejected, and that is the last word.
        let answers = try await reports.job(
            [reports.verified(1), reports.verified(2), reports.rejected(3, .invalidMessage)], in: store)
        #expect(answers == [.reportDropped, nil, .invalidMessage])
        let words = try await store.helperLastWords(Make.task, [1, 2, 3].map(Make.reportID))
        #expect(try words == [reports.withdrawn(1), nil, .rejected(.invalidMessage)])
        let left = try await store.engine.read { session in
            try session.integer("SELECT COUNT(*) FROM helper_early_withdrawals")
        }
        #expect(left == 0, "whatever has come waits no more")
        try await HelperAudit(store: store, reports: reports).check()
    }

    /// Nothing that waits makes room, and however many ask at once, for however many tasks, the bound holds.
    @Test(arguments: EngineKind.tested)
    func waitingWithdrawalsAreBounded(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let tasks = try (0..<3).map { number in
            var reports = try HelperReports()
            if number > 0 { reports.task = .random() }
            return reports
        }
        let outcomes = try await withThrowingTaskGroup(of: WithdrawalOutcome.self) { group in
            for number in 0..<30 {
                group.addTask { try await tasks[number % 3].withdraw(number, earlyLimit: 7, in: store) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == .pending } == 7)
        #expect(outcomes.count { $0 == .full } == 23)
        try await HelperAudit(store: store, reports: tasks[0]).check()
    }

    private func follow(_ entries: [FollowedEntry], in store: NodeDatabase) async throws {
        let start = try await store.helperLogPosition(origin: "log")?.size ?? 0
        let end = HelperLogPosition(size: start + UInt64(entries.count), range: [1])
        #expect(try await store.advanceHelperLog(origin: "log", previous: start, to: end, entries: entries))
    }

    /// Reports that end before they come would hold their places for ever: contributors could fill all of them.
    @Test(arguments: EngineKind.tested)
    func whatHasEndedInTheLogIsNotWaitedFor(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        for (number, claim) in [(1, 0), (1, 1), (2, 0), (2, 1), (3, 0)] {
            #expect(try await reports.withdraw(number, claim: claim, earlyLimit: 5, in: store) == .pending)
        }
        #expect(try await reports.withdraw(4, earlyLimit: 5, in: store) == .full)
        try await follow(
            [
                .rejected(Make.task, Make.reportID(1), index: 0),
                .withdrawal(Make.task, Make.reportID(2), index: 1, claimKey: try reports.publicKey(2, 0)),
                .rejected(Make.task, Make.reportID(9), index: 2),
            ], in: store)
        try await HelperAudit(store: store, reports: reports).check()
        // Two wait: 2 under the other key, and 3.
        for number in 4...6 {
            #expect(try await reports.withdraw(number, earlyLimit: 5, in: store) == .pending)
        }
        #expect(try await reports.withdraw(7, earlyLimit: 5, in: store) == .full)
        // What has ended takes no place again.
        for claim in 0...1 {
            #expect(
                try await reports.withdraw(1, claim: claim, earlyLimit: 9, in: store) == .rejected(.reportDropped))
        }
        #expect(try await reports.withdraw(2, earlyLimit: 9, in: store) == .withdrawn)
        #expect(try await reports.withdraw(2, claim: 1, earlyLimit: 9, in: store) == .pending)
        #expect(try await reports.job([reports.verified(3)], in: store) == [.reportDropped])
        try await HelperAudit(store: store, reports: reports).check()
    }

    /// Another leader copies the task, and what would end a withdrawal that waits, into its own log: the report, when it comes,
    /// must be kept out all the same.
    @Test(arguments: EngineKind.tested)
    func whatAnotherLeadersLogSaysLetsNoWithdrawalGo(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        for number in 1...2 {
            #expect(try await reports.withdraw(number, earlyLimit: 2, in: store) == .pending)
        }
        let entries: [FollowedEntry] = [
            .rejected(Make.task, Make.reportID(1), index: 0),
            .withdrawal(Make.task, Make.reportID(2), index: 1, claimKey: try reports.publicKey(2, 0)),
        ]
        #expect(
            try await store.advanceHelperLog(
                origin: "other", previous: 0, to: HelperLogPosition(size: 2, range: [1]), entries: entries,
                counting: []))
        #expect(try await reports.withdraw(3, earlyLimit: 2, in: store) == .full, "both still wait")
        let answers = try await reports.job([1, 2].map { try reports.verified($0) }, in: store)
        #expect(answers == [.reportDropped, .reportDropped])
        try await HelperAudit(store: store, reports: reports).check()
    }

    /// Withdrawals of one leader's tasks, however many there are of either, take no other leader's places.
    @Test(arguments: EngineKind.tested)
    func eachLeaderHasItsPartOfTheRoom(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let tasks = try (0..<3).map { number in
            var reports = try HelperReports()
            if number > 0 { reports.task = .random() }
            return reports
        }
        func withdraw(_ number: Int, _ task: Int) async throws -> WithdrawalOutcome {
            let leader = task == 2 ? [tasks[2].task] : [tasks[0].task, tasks[1].task]
            return try await store.withdrawHelperReport(
                tasks[task].withdrawal(number),
                early: EarlyRoom(limit: 6, origin: "log", part: .init(limit: 3, tasks: leader)), vdaf: tasks[task].vdaf)
        }
        for (number, task, outcome) in [
            (1, 0, .pending), (2, 1, .pending), (3, 0, .pending), (4, 1, .full), (5, 0, .full), (1, 2, .pending),
            (2, 2, .pending), (3, 2, .pending), (4, 2, .full),
        ] as [(Int, Int, WithdrawalOutcome)] {
            #expect(try await withdraw(number, task) == outcome, "\(number) of \(task)")
        }
        // One that is there already is no second.
        #expect(try await withdraw(1, 0) == .pending)
        try await HelperAudit(store: store, reports: tasks[0]).checkEarly()
    }

    /// A task that has ended takes no room; what waited is not forgotten while the task may be served again.
    @Test(arguments: EngineKind.tested, [false, true])
    func aTaskThatEndsHoldsNoPlaces(kind: EngineKind, discarding: Bool) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        var other = reports
        other.task = .random()
        for task in [Make.task, other.task] { try await store.addTask(Make.storedTask(task), logEntry: nil) }
        if discarding { try await reports.accept([8], in: store) }
        for number in 1...3 {
            #expect(try await reports.withdraw(number, earlyLimit: 3, in: store) == .pending)
        }
        #expect(try await other.withdraw(1, earlyLimit: 3, in: store) == .full)
        let ending = try await store.endTask(Make.task, mayDiscard: discarding, at: 0)
        #expect(ending == .ended(discarded: discarding ? 1 : 0))
        try await HelperAudit(store: store, reports: other).checkEarly()
        for number in 1...3 {
            #expect(try await other.withdraw(number, earlyLimit: 3, in: store) == .pending)
        }
        await #expect(throws: DatastoreError.notServed(Make.task)) {
            try await reports.withdraw(4, earlyLimit: 9, in: store)
        }
        // One of those that wait ends in the meantime; it held no place.
        try await follow([.rejected(Make.task, Make.reportID(3), index: 0)], in: store)
        try await HelperAudit(store: store, reports: other).checkEarly()
        guard !discarding else { return }
        #expect(try await store.addTask(Make.storedTask(), logEntry: nil))
        try await HelperAudit(store: store, reports: other).checkEarly()
        let answers = try await reports.job([1, 2, 4].map { try reports.verified($0) }, in: store)
        #expect(answers == [.reportDropped, .reportDropped, nil])
        try await HelperAudit(store: store, reports: other).checkEarly()
    }

    /// A row cannot be given what belongs to another: not the share of another report, not a share of another kind, not a
    /// part of another sum.
    @Test(arguments: HelperReports.types)
    func sharesCannotBeMovedBetweenRows(type: VDAFConfiguration) async throws {
        let temporary = try TemporaryStore()
        let (store, reports) = (temporary.store, try HelperReports(type))
        let scope = BatchScope.interval(Interval(start: 100, duration: 1))
        for other in ["helper_kept_shares WHERE report = 2", "share_sums WHERE ref = 100"] {
            let fresh = try TemporaryStore()
            try await reports.accept([1, 2, 3], in: fresh.store)
            _ = try await fresh.store.engine.write { session in
                try session.execute(
                    "UPDATE helper_kept_shares SET share = (SELECT share FROM \(other)) WHERE report = 1")
            }
            await #expect(throws: DatastoreError.self) { try await reports.withdraw(1, in: fresh.store) }
            #expect(try await reports.withdraw(2, in: fresh.store) == .withdrawn)
        }
        let shares = try await reports.accept([1, 2], in: store)
        try await reports.accept([3], time: 200, in: store)
        _ = try await store.engine.write {
            try $0.execute("UPDATE helper_kept_shares SET kind = 1 - kind WHERE report = 1")
        }
        await #expect(throws: DatastoreError.self) { try await reports.withdraw(1, in: store) }
        try await reports.expectSum(scope, of: shares, in: store)
        // The sum of another bucket, with its key.
        _ = try await store.engine.write { session in
            try session.execute(
                """
                UPDATE share_sums SET share = (SELECT share FROM share_sums WHERE ref = 200),
                    share_key = (SELECT share_key FROM share_sums WHERE ref = 200) WHERE ref = 100
                """)
        }
        await #expect(throws: DatastoreError.self) {
            try await store.sumHelperShares(Make.task, scope, vdaf: reports.vdaf)
        }
        await #expect(throws: DatastoreError.self) { try await reports.accept([4], in: store) }
    }
}
