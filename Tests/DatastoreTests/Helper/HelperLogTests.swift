import DAP
import Datastore
import Ledger
import Tasks
import Testing

/// What a helper remembers of the leader's log.
@Suite struct HelperLogTests {
    private let interval = BatchScope.interval(Interval(start: 100, duration: 10))

    private func position(_ size: UInt64) -> HelperLogPosition {
        HelperLogPosition(size: size, range: Array("range \(size)".utf8))
    }

    private func leaf(
        _ number: Int, _ index: UInt64, time: UInt64 = 100, batch: BatchID? = nil, content: Int? = nil,
        claimKey: [UInt8]? = [7]
    ) -> FollowedEntry {
        .report(
            Make.task, Make.reportID(number), index: index, time: time, batchID: batch,
            leafHash: HelperReports.leafHash(content ?? number), claimKey: claimKey)
    }

    private func root(_ numbers: [Int]) -> (root: [UInt8], count: UInt64) {
        var root = BatchRoot()
        for number in numbers { root.append(leafHash: HelperReports.leafHash(number)) }
        return (root.root, root.count)
    }

    /// Each entry counts once: whoever read another stretch of the log meanwhile changes nothing.
    @Test(arguments: EngineKind.tested)
    func thePositionMovesWithWhatWasRead(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        #expect(try await store.helperLogPosition(origin: "log") == nil)
        let first = [leaf(1, 0), leaf(2, 1)]
        #expect(try await store.advanceHelperLog(origin: "log", previous: 0, to: position(2), entries: first))
        for previous in [0, 1, 3] as [UInt64] {
            #expect(
                try await !store.advanceHelperLog(
                    origin: "log", previous: previous, to: position(9), entries: [leaf(9, 8)]))
        }
        #expect(try await store.advanceHelperLog(origin: "other", previous: 0, to: position(1), entries: []))
        let reopened = try await temporary.afterKill()
        #expect(try await reopened.helperLogPosition(origin: "log") == position(2))
        let batch = try await reopened.loggedBatch(Make.task, interval, in: HelperReports.prefix(9))
        #expect((batch.root, batch.count) == root([1, 2]))
    }

    /// Of several who have read the same stretch, one moves the position.
    @Test(arguments: EngineKind.tested)
    func readersAtOnceRecordAStretchOnce(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let moved = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await store.advanceHelperLog(
                        origin: "log", previous: 0, to: position(3), entries: [leaf(1, 0), leaf(2, 1), leaf(3, 2)])
                }
            }
            return try await group.reduce(into: 0) { if $1 { $0 += 1 } }
        }
        #expect(moved == 1)
        #expect(try await store.loggedBatch(Make.task, interval, in: HelperReports.prefix(9)).count == 3)
    }

    /// The first leaf of a report counts, in log order, and not what an entry in front of the position ends. A withdrawal
    /// counts for a leaf with its claim key alone.
    @Test(arguments: EngineKind.tested)
    func aBatchIsWhatEveryReaderCounts(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let batch = BatchID.random()
        let entries: [FollowedEntry] = [
            leaf(5, 0, time: 109), leaf(1, 1), leaf(2, 2, time: 105), leaf(1, 3, time: 104, content: 100),
            leaf(3, 4, time: 110), leaf(4, 5, batch: batch), leaf(6, 6), leaf(7, 7), leaf(8, 8, claimKey: nil),
            .rejected(Make.task, Make.reportID(2), index: 9),
            .withdrawal(Make.task, Make.reportID(6), index: 10, claimKey: [7]),
            .withdrawal(Make.task, Make.reportID(7), index: 11, claimKey: [8]),
            .withdrawal(Make.task, Make.reportID(8), index: 12, claimKey: [7]),
            .rejected(.random(), Make.reportID(1), index: 13),
        ]
        // In two stretches.
        #expect(
            try await store.advanceHelperLog(
                origin: "log", previous: 0, to: position(3), entries: Array(entries[..<3])))
        #expect(
            try await store.advanceHelperLog(
                origin: "log", previous: 3, to: position(14), entries: Array(entries[3...])))
        func count(_ scope: BatchScope, before index: UInt64) async throws -> (root: [UInt8], count: UInt64) {
            let found = try await store.loggedBatch(Make.task, scope, in: HelperReports.prefix(index))
            return (found.root, found.count)
        }
        #expect(try await count(interval, before: 9) == root([5, 1, 2, 6, 7, 8]))
        #expect(try await count(interval, before: 10) == root([5, 1, 6, 7, 8]))
        #expect(try await count(interval, before: 99) == root([5, 1, 7, 8]))
        #expect(try await count(interval, before: 2) == root([5, 1]))
        #expect(try await count(.batch(batch), before: 99) == root([4]))
        #expect(try await count(.batch(.random()), before: 99) == root([]))
        #expect(try await store.loggedBatch(.random(), interval, in: HelperReports.prefix(99)).count == 0)
    }

    @Test(arguments: EngineKind.tested)
    func theFirstCloseOfABucketFixesIt(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let keys = StatementKeys(leader: [UInt8](repeating: 1, count: 32), helper: [UInt8](repeating: 2, count: 32))
        let batch = BatchID.random()
        func close(_ index: UInt64, _ scope: BatchScope) -> FollowedEntry {
            .close(Make.task, index: index, scope: scope, entry: [UInt8(index)])
        }
        #expect(
            try await store.advanceHelperLog(
                origin: "log", previous: 0, to: position(7),
                entries: [
                    .task(Make.task, index: 0, keys: keys),
                    .task(Make.task, index: 1, keys: StatementKeys(leader: keys.helper, helper: keys.leader)),
                    close(2, interval), close(3, .interval(Interval(start: 109, duration: 9))), close(4, .batch(batch)),
                    close(5, .batch(batch)), close(6, .interval(Interval(start: 110, duration: 9))),
                ]))
        let task = try await store.loggedTask(Make.task, in: "log")
        #expect(task?.index == 0 && task?.keys == keys)
        #expect(try await store.loggedTask(.random(), in: "log") == nil)
        func fixing(_ start: UInt64, _ duration: UInt64) async throws -> UInt64? {
            try await store.fixingClose(
                Make.task, .interval(Interval(start: start, duration: duration)), in: "log")?.index
        }
        #expect(try await fixing(109, 1) == 2)
        #expect(try await fixing(110, 1) == 6)
        #expect(try await fixing(105, 50) == 2)
        #expect(try await fixing(119, 1) == nil)
        #expect(try await fixing(90, 10) == nil)
        let selected = try await store.fixingClose(Make.task, .batch(batch), in: "log")
        #expect(selected?.index == 4 && selected?.entry == [4])
    }

    /// An index is a place in one log. Two logs about two tasks, entry by entry at the same places.
    @Test(arguments: EngineKind.tested)
    func twoLogsAreFollowedAtOnce(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let other = TaskID.random()
        let keys = StatementKeys(leader: [UInt8](repeating: 1, count: 32), helper: [UInt8](repeating: 2, count: 32))
        func entries(_ task: TaskID, _ numbers: ClosedRange<Int>, ending: Int) -> [FollowedEntry] {
            let leaves = zip(numbers, 1...).map { number, index in
                FollowedEntry.report(
                    task, Make.reportID(number), index: UInt64(index), time: 100, batchID: nil,
                    leafHash: HelperReports.leafHash(number), claimKey: nil)
            }
            return [.task(task, index: 0, keys: keys)] + leaves + [
                .rejected(task, Make.reportID(ending), index: 4),
                .close(task, index: 5, scope: interval, entry: [UInt8(numbers.lowerBound)]),
            ]
        }
        // The second log is longer, and is read in turns with the first.
        #expect(
            try await store.advanceHelperLog(
                origin: "log", previous: 0, to: position(6), entries: entries(Make.task, 1...3, ending: 2)))
        #expect(
            try await store.advanceHelperLog(
                origin: "other", previous: 0, to: position(6), entries: entries(other, 2...4, ending: 3)))
        let late = FollowedEntry.rejected(other, Make.reportID(4), index: 6)
        #expect(try await store.advanceHelperLog(origin: "other", previous: 6, to: position(7), entries: [late]))
        let reopened = try await temporary.afterKill()
        #expect(try await reopened.helperLogPosition(origin: "log") == position(6))
        #expect(try await reopened.helperLogPosition(origin: "other") == position(7))
        for (task, origin, numbers) in [(Make.task, "log", [1, 3]), (other, "other", [2, 4])] {
            let batch = try await reopened.loggedBatch(task, interval, in: LogPrefix(origin: origin, size: 6))
            #expect((batch.root, batch.count) == root(numbers))
            #expect(try await reopened.loggedTask(task, in: origin)?.index == 0)
            #expect(try await reopened.fixingClose(task, interval, in: origin)?.index == 5)
        }
        #expect(try await reopened.loggedBatch(other, interval, in: LogPrefix(origin: "other", size: 7)).count == 1)
        #expect(try await reopened.loggedBatch(Make.task, interval, in: LogPrefix(origin: "none", size: 7)).count == 0)
    }

    /// Whoever keeps a log can write into it about a task that is not theirs, with the task's true entry and true reports,
    /// and before the task's own log has them: nothing of that counts for the task.
    @Test(arguments: EngineKind.tested)
    func anotherLogsEntriesAboutATaskDoNotCount(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        let selector = BatchSelector.timeInterval(Interval(start: 100, duration: 10))
        let theirs = StatementKeys(leader: [UInt8](repeating: 8, count: 32), helper: [UInt8](repeating: 9, count: 32))
        let keys = StatementKeys(leader: [UInt8](repeating: 1, count: 32), helper: [UInt8](repeating: 2, count: 32))
        try await reports.accept(1...3, in: store)
        #expect(
            try await store.advanceHelperLog(
                origin: "evil", previous: 0, to: position(7),
                entries: [
                    .task(Make.task, index: 0, keys: theirs), leaf(1, 1, content: 100),
                    leaf(2, 2, claimKey: try reports.publicKey(2, 0)), leaf(9, 3),
                    .rejected(Make.task, Make.reportID(3), index: 4),
                    .withdrawal(Make.task, Make.reportID(2), index: 5, claimKey: try reports.publicKey(2, 0)),
                    .close(Make.task, index: 6, scope: interval, entry: [66]),
                ]))
        #expect(
            try await reports.examine([1, 2, 3], selector, in: store).leftOut == [1, 2, 3], "its log has none yet")
        #expect(try await store.fixingClose(Make.task, interval, in: "log") == nil)
        #expect(try await store.loggedTask(Make.task, in: "log") == nil)
        #expect(
            try await store.advanceHelperLog(
                origin: "log", previous: 0, to: position(1), entries: [.task(Make.task, index: 0, keys: keys)]))
        try await reports.log([3, 1, 2], in: store)
        let evil = LogPrefix(origin: "evil", size: 99)
        // The other log has three leaves for itself, one ended.
        #expect(try await store.loggedBatch(Make.task, interval, in: evil).count == 2)
        #expect(
            try await store.examineLeaves(Make.task, interval, [1, 2, 3].map(Make.reportID), in: evil) == [
                nil, nil, nil,
            ])
        #expect(try await store.loggedTask(Make.task, in: "log")?.keys == keys)
        let batch = try await store.loggedBatch(Make.task, interval, in: HelperReports.prefix(99))
        #expect((batch.root, batch.count) == root([3, 1, 2]))
        #expect(try await reports.examine([3, 1, 2], selector, in: store).leftOut == [])
        #expect(try await reports.close([3, 1, 2], selector, in: store))
        let close = FollowedEntry.close(Make.task, index: 4, scope: interval, entry: [4])
        #expect(try await store.advanceHelperLog(origin: "log", previous: 4, to: position(5), entries: [close]))
        let fixing = try await store.fixingClose(Make.task, interval, in: "log")
        #expect(fixing?.index == 4 && fixing?.entry == [4])
        #expect(try await store.fixingClose(Make.task, interval, in: "evil")?.index == 6)
    }

    /// A word of this helper in the log that the database does not know shows that it is an old one.
    @Test(arguments: EngineKind.tested)
    func aForgottenWordIsFoundAmongMany(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        let selector = BatchSelector.timeInterval(Interval(start: 100, duration: 10))
        try await reports.accept(1...4, in: store)
        try await reports.accept([5], time: 200, in: store)
        try await reports.job([reports.rejected(6, .invalidMessage)], in: store)
        try await reports.log([1, 2, 3], in: store)
        try await reports.withdraw(4, in: store)
        #expect(try await reports.close([1, 2, 3], selector, in: store))
        #expect(try await reports.collect(.interval(Interval(start: 100, duration: 10)), in: store) == .stored)
        let signed = try #require(try await store.helperClose(Make.task, selector))
        func terms(_ selector: BatchSelector, count: UInt64) -> HelperWord {
            .close(CloseEntry.Terms(taskID: Make.task, selector: selector, root: signed.root, count: count))
        }
        func rejected(_ number: Int) -> HelperWord { .rejected(Make.task, Make.reportID(number)) }
        let known: Set<HelperWord> = [
            terms(selector, count: 3), .statement(Make.task, .interval(Interval(start: 109, duration: 1))), rejected(4),
            rejected(6),
        ]
        #expect(try await store.forgottenWord(of: known) == nil)
        #expect(try await store.forgottenWord(of: []) == nil)
        let unknown: [HelperWord] = [
            terms(selector, count: 4), terms(.timeInterval(Interval(start: 100, duration: 9)), count: 3),
            .statement(Make.task, .interval(Interval(start: 110, duration: 1))),
            .statement(.random(), .batch(.random())),
            rejected(1), rejected(5), rejected(7), .rejected(.random(), Make.reportID(6)),
        ]
        for word in unknown { #expect(try await store.forgottenWord(of: known.union([word])) == word) }
    }
}
