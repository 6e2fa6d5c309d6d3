import DAP
import Datastore
import Ledger
import Testing

/// What a signed close does to the reports of its buckets, and what it leaves as it is.
@Suite struct HelperCloseTests {
    private let interval = Interval(start: 100, duration: 10)
    private var selector: BatchSelector { .timeInterval(interval) }
    private var scope: BatchScope { .interval(interval) }

    @Test(arguments: EngineKind.tested)
    func aClosedBatchChangesNoMore(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        let shares = try await reports.accept(1...4, in: store)
        try await reports.log(1...4, in: store)
        #expect(try await reports.close(1...4, selector, in: store))
        #expect(try await !closedAgain(reports, store), "a bucket is closed once")
        #expect(
            try await reports.job([reports.verified(5), reports.verified(6, time: 110)], in: store)
                == [.batchCollected, nil])
        #expect(try await reports.withdraw(1, in: store) == .tooLate)
        let compared = try await store.reconcile(Make.task, scope, leaders: [], vdaf: reports.vdaf)
        #expect(compared == nil)
        try await reports.expectSum(scope, of: shares, in: store)
        let signed = try await temporary.afterKill().helperClose(Make.task, selector)
        #expect(signed?.count == 4 && signed?.signature == [9])
        #expect(try await store.helperClose(Make.task, .timeInterval(Interval(start: 100, duration: 9))) == nil)
    }

    private func closedAgain(_ reports: HelperReports, _ store: NodeDatabase) async throws -> Bool {
        let other = BatchSelector.timeInterval(Interval(start: 109, duration: 5))
        return try await reports.sign(
            HelperReports.Examination(standing: HelperStanding(joined: 0, left: 0)), other, in: store)
    }

    /// What the proposal leaves out is rejected, however much it is, and its sum is that of what remains.
    @Test(arguments: EngineKind.tested)
    func whatACloseLeavesOutIsRejected(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        var shares: [Int: [UInt8]] = [:]
        for block in 0..<3 {
            let numbers = (0..<200).map { block * 200 + $0 }
            shares.merge(try await reports.accept(numbers, time: UInt64(100 + block), in: store)) { $1 }
        }
        let proposed = (0..<600).filter { $0 % 10 == 0 }
        let outside = try await reports.accept([1_000], time: 110, in: store)
        try await reports.log(proposed, in: store)
        #expect(try await reports.close(proposed, selector, in: store))
        try await reports.expectSum(scope, of: shares.filter { $0.key % 10 == 0 }, in: store)
        try await reports.expectSum(.interval(Interval(start: 110, duration: 1)), of: outside, in: store)
        let words = try await store.helperLastWords(Make.task, [10, 11, 1_000].map(Make.reportID))
        #expect(words == [nil, .rejected(.reportDropped), nil])
        #expect(try await reports.job([reports.verified(11, time: 300)], in: store) == [.reportReplayed])
        try await HelperAudit(store: store, reports: reports).check()
    }

    /// A close over all reports, and their collection, change a number of rows that does not grow with them.
    @Test func closingAndCollectingChangeNoReport() async throws {
        let temporary = try TemporaryStore()
        let counter = CountingEngine(temporary.store.engine)
        let (store, reports) = (NodeDatabase(counter), try HelperReports())
        var changes: [Int] = []
        var next = 0
        for (batch, size) in [(BatchID.random(), 3), (BatchID.random(), 90)] {
            let numbers = next..<(next + size)
            next += size
            try await reports.accept(numbers, batch: batch, in: store)
            try await reports.log(numbers, batch: batch, in: store)
            _ = counter.take()
            #expect(try await reports.close(numbers, .leaderSelected(batch), in: store))
            #expect(try await reports.collect(.batch(batch), in: store) == .stored)
            changes.append(counter.take().changes)
        }
        // Among them the answer's one piece, and that cleaning up is due and done.
        #expect(changes[0] == changes[1] && changes[1] <= 11, "\(changes)")
    }

    @Test(arguments: EngineKind.tested)
    func onlyWhatIsAcceptedAndLoggedIsAgreedTo(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        // 1 to 6 are logged, of which 5 is not accepted, 6 is of another time, 4 is withdrawn, and 3 is logged last.
        try await reports.accept([1, 2, 3, 4, 7], in: store)
        try await reports.accept([6], time: 200, in: store)
        try await reports.log([1, 2, 4, 5], in: store)
        try await reports.log([6], time: 200, in: store)
        try await reports.log([3], in: store)
        try await reports.withdraw(4, in: store)
        func leftOut(
            _ numbers: [Int], _ selector: BatchSelector? = nil, before size: UInt64 = 99
        ) async throws -> [Int] {
            try await reports.examine(numbers, selector ?? self.selector, before: size, in: store).leftOut
        }
        #expect(try await leftOut([1, 2, 4, 5, 6, 3, 7, 8]) == [4, 5, 6, 7, 8])
        #expect(try await leftOut([1, 2, 3], before: 5) == [3], "its leaf comes behind the checkpoint")
        #expect(try await leftOut([6], .timeInterval(Interval(start: 200, duration: 1))) == [])
        #expect(try await leftOut([1], .leaderSelected(.random())) == [1])
        // Somebody's entry ends 2.
        #expect(
            try await store.advanceHelperLog(
                origin: "log", previous: 6, to: HelperLogPosition(size: 7, range: []),
                entries: [.rejected(Make.task, Make.reportID(2), index: 6)]))
        #expect(try await leftOut([1, 2, 3]) == [2])
        let standing = try await store.helperStanding(Make.task, scope)
        #expect(standing == HelperStanding(joined: 5, left: 1))
        #expect(try await store.helperStanding(Make.task, .batch(.random())) == HelperStanding(joined: 0, left: 0))
    }

    /// Between the examination and the signature: who joins is left out, and where somebody leaves nothing is signed.
    @Test(arguments: EngineKind.tested)
    func aCloseSignsWhatWasExaminedOrNothing(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        var shares = try await reports.accept(1...4, in: store)
        try await reports.log(1...4, in: store)
        let examined = try await reports.examine(1...4, selector, in: store)
        #expect(examined.leftOut.isEmpty && examined.standing == HelperStanding(joined: 4, left: 0))
        try await reports.withdraw(2, in: store)
        // As many again as there were.
        let five = try await reports.accept([5], in: store)
        await #expect(throws: DatastoreError.stale) { try await reports.sign(examined, selector, in: store) }
        #expect(try await store.helperClose(Make.task, selector) == nil)
        #expect(try await reports.examine(1...4, selector, in: store).leftOut == [2])
        shares[2] = nil
        // A close over fewer than there are leaves is not over what was examined.
        let some = try await reports.examine([1, 3], selector, in: store)
        await #expect(throws: DatastoreError.stale) { try await reports.sign(some, selector, in: store) }
        try await reports.expectSum(scope, of: shares.merging(five) { $1 }, in: store)
        #expect(try await reports.close([1, 3, 4], selector, in: store))
        try await reports.expectSum(scope, of: shares, in: store)
        #expect(try await store.helperLastWords(Make.task, [Make.reportID(5)]) == [.rejected(.reportDropped)])
        try await HelperAudit(store: store, reports: reports).check()
    }

    /// Reports that join while a batch is being closed are before the close and left out, or come too late. Withdrawals take
    /// effect before, or are told that they do not.
    @Test(arguments: EngineKind.tested)
    func joiningAndLeavingAtOnceWithACloseIsDecidedOneWay(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports(.sum(maxMeasurement: 255)))
        let shares = try await reports.accept(0..<20, in: store)
        try await reports.log(0..<20, in: store)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<12 {
                group.addTask { try await reports.job([reports.verified(100 + number)], in: store) }
                group.addTask { try await reports.withdraw(number, in: store) }
            }
            group.addTask {
                var left = Array(0..<20)
                while true {
                    let examination = try await reports.examine(left, selector, in: store)
                    left.removeAll(where: examination.leftOut.contains)
                    guard examination.leftOut.isEmpty else { continue }
                    do {
                        #expect(try await reports.sign(examination, selector, in: store))
                        return
                    } catch DatastoreError.stale { continue }
                }
            }
            try await group.waitForAll()
        }
        let closed = try #require(try await store.helperClose(Make.task, selector))
        let words = try await store.helperLastWords(Make.task, (0..<20).map(Make.reportID))
        let remaining = shares.filter { words[$0.key] == nil }
        #expect(closed.count == UInt64(remaining.count))
        try await reports.expectSum(scope, of: remaining, in: store)
        let late = try await store.helperLastWords(Make.task, (100..<112).map(Make.reportID))
        #expect(late.allSatisfy { $0 == .rejected(.reportDropped) || $0 == .rejected(.batchCollected) })
        try await HelperAudit(store: store, reports: reports).check()
    }

    /// Who has left during an examination is named, and nobody else is.
    @Test(arguments: EngineKind.tested)
    func whoHasLeftDuringAnExaminationIsNamed(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        try await reports.accept(1...6, in: store)
        try await reports.log(1...6, in: store)
        let prefix = HelperReports.prefix(6)
        let examination = try await reports.examine(1...6, selector, before: 6, in: store)
        #expect(examination.leftOut.isEmpty)
        func departed(_ limit: Int = 9) async throws -> [ReportID] {
            try await store.departedLeaves(Make.task, scope, in: prefix, limit: limit)
        }
        #expect(try await departed().isEmpty)
        for number in [5, 2, 4] { try await reports.withdraw(number, in: store) }
        await #expect(throws: DatastoreError.stale) {
            try await reports.sign(examination, selector, before: 6, in: store)
        }
        #expect(try await departed() == [2, 4, 5].map(Make.reportID))
        #expect(try await departed(2) == [2, 4].map(Make.reportID))
        // What the log ends behind the prefix is not stood by either; what it ends in front of it is no leaf.
        let ending = FollowedEntry.rejected(Make.task, Make.reportID(6), index: 6)
        #expect(
            try await store.advanceHelperLog(
                origin: "log", previous: 6, to: HelperLogPosition(size: 7, range: [1]), entries: [ending]))
        #expect(try await departed() == [2, 4, 5, 6].map(Make.reportID))
        let later = try await store.departedLeaves(Make.task, scope, in: HelperReports.prefix(7), limit: 9)
        #expect(later == [2, 4, 5].map(Make.reportID))
        let elsewhere = BatchScope.interval(Interval(start: 500, duration: 1))
        #expect(try await store.departedLeaves(Make.task, elsewhere, in: prefix, limit: 9).isEmpty)
        func bucket(_ number: Int, claim: Int = 0) async throws -> BatchScope? {
            try await store.helperBucket(
                of: Make.reportID(number), claimKey: reports.publicKey(number, claim), in: Make.task)
        }
        #expect(try await bucket(1)?.overlaps(scope) == true)
        #expect(try await bucket(1, claim: 1) == nil, "the claim key is another")
        #expect(try await bucket(2) == nil)
    }

    // MARK: Comparisons

    @Test(arguments: EngineKind.tested)
    func aComparisonLeavesWhatBothHold(kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        let batch = BatchID.random()
        let shares = try await reports.accept(1...5, batch: batch, in: store)
        let other = try await reports.accept([6], batch: .random(), in: store)
        let leaders = [2, 9, 4, 6].map(Make.reportID)
        let difference = try await store.reconcile(
            Make.task, .batch(batch), leaders: leaders, vdaf: reports.vdaf)
        #expect(difference == BatchDifference(missing: [9, 6].map(Make.reportID), dropped: 3))
        try await reports.expectSum(.batch(batch), of: shares.filter { [2, 4].contains($0.key) }, in: store)
        let unknown = try await store.reconcile(
            Make.task, .batch(.random()), leaders: leaders, vdaf: reports.vdaf)
        #expect(unknown == BatchDifference(missing: leaders, dropped: 0))
        #expect(other.count == 1)
        try await HelperAudit(store: store, reports: reports).check()
    }
}
