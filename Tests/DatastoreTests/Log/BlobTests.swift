import DAP
import Datastore
import Ledger
import Testing

/// What entries name by its hash is there with them, or not at all.
@Suite(.inTurns) struct BlobTests {
    private let interval = Interval(start: 100, duration: 1)

    /// Longer than a part, and not a whole number of parts.
    private func long(_ seed: Int) -> NamedBlob {
        NamedBlob((0..<(600 << 10) + 1).map { UInt8(truncatingIfNeeded: $0 % 251 + seed) })
    }

    @Test(arguments: EngineKind.tested)
    func aBlobComesBackWholeAndIsKeptOnce(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let blobs = [long(0), NamedBlob([7]), NamedBlob([UInt8](repeating: 1, count: 256 << 10))]
        for _ in 0..<2 { for blob in blobs { try await store.keepBlob(blob) } }
        let reopened = try await temporary.afterKill()
        for blob in blobs { #expect(try await reopened.blob(blob.hash) == blob.bytes) }
        #expect(try await reopened.allBlobHashes() == Set(blobs.map(\.hash)))
        #expect(try await reopened.blob(NamedBlob([8]).hash) == nil)
        let rows = try await reopened.engine.read {
            try $0.rows("SELECT LENGTH(bytes) AS n FROM blobs").map { try $0.integer("n") }
        }
        #expect(rows.count == 5 && rows.allSatisfy { $0 <= 256 << 10 })
        // A lost part is no blob.
        try await store.engine.write { _ = try $0.execute("DELETE FROM blobs WHERE part = 1") }
        await #expect(throws: DatastoreError.self) { try await store.blob(blobs[0].hash) }
    }

    /// Two processes store the same ones, in either order.
    @Test(arguments: EngineKind.tested)
    func whoComesSecondWaitsAndFindsAll(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let blobs = (0..<3).map(long)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for turn in 0..<6 {
                let some = turn.isMultiple(of: 2) ? blobs : blobs.reversed()
                group.addTask {
                    for (number, blob) in some.enumerated() {
                        try await store.submitLogEntry([UInt8(turn), UInt8(number)], blob: blob, task: Make.task)
                        #expect(try await store.blob(blob.hash) == blob.bytes)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.allBlobHashes().count == 3)
    }

    @Test(arguments: EngineKind.tested)
    func anEntryThatWasSubmittedBeforeStillBringsItsOtherBlob(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        for blob in [long(1), long(2), nil] { try await store.submitLogEntry([1], blob: blob, task: Make.task) }
        let reopened = try await temporary.afterKill()
        for seed in [1, 2] { #expect(try await reopened.blob(long(seed).hash) == long(seed).bytes) }
        #expect(try await reopened.numberedSize() == 1)
    }

    /// The leader's statement, the end of its shares' keys and the blobs that it names are one transaction.
    @Test(arguments: EngineKind.tested)
    func sharesArePublishedWithTheResultOrNotAtAll(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await store.accept([1, 2])
        let job = try await store.newCollection(interval: interval)
        _ = try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...9)
        try await store.recordHelperShare([8], statement: [6], collection: job.key)
        let shares = [long(0), long(1)]
        let lost = try #require(try await store.seizeCollection(job.key, for: .seconds(60)))
        let held = try #require(try await store.seizeCollection(job.key, for: .seconds(60)))
        await #expect(throws: DatastoreError.leaseLost) {
            try await store.publish(response: [5], batchEntry: [4], blobs: shares, lost)
        }
        #expect(try await store.allBlobHashes().isEmpty)
        #expect(try await store.sum(.interval(interval)) == 3, "the shares are there")
        try await store.publish(response: [5], batchEntry: [4], blobs: shares, held)
        #expect(try await store.sum(.interval(interval)) == 0, "the shares are gone")
        let reopened = try await temporary.afterKill()
        for share in shares { #expect(try await reopened.blob(share.hash) == share.bytes) }
    }

    /// A helper's share cannot be made again: it is there whenever its keys are not.
    @Test(arguments: EngineKind.tested)
    func aReleasedShareIsPublishedWithItsStatementOrNotAtAll(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let (store, reports) = (temporary.store, try HelperReports())
        try await reports.accept(1...3, in: store)
        let scope = BatchScope.interval(interval)
        func commit() async throws -> HelperCollectionCommit {
            let sum = try await store.sumHelperShares(Make.task, scope, vdaf: reports.vdaf)
            return HelperCollectionCommit(
                share: .random(), selected: scope, queried: scope, standing: sum.standing,
                answer: HelperCollection(response: [1], statement: [2]), published: NamedBlob(sum.aggregateShare))
        }
        let early = try await commit()
        try await reports.withdraw(1, in: store)
        #expect(try await store.commitHelperCollection(Make.task, early) == .changed)
        #expect(try await store.allBlobHashes().isEmpty, "nothing of a sum that is not released is published")
        let right = try await commit()
        #expect(try await store.commitHelperCollection(Make.task, right) == .stored)
        let share = try #require(right.published)
        let reopened = try await temporary.afterKill()
        #expect(try await reopened.blob(share.hash) == share.bytes)
        #expect(try await reopened.isHelperCollected(Make.task, scope))
    }

    @Test(arguments: EngineKind.tested)
    func aTaskHasTheFileThatItWasLastAddedWith(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        #expect(try await store.addTask(Make.storedTask(), logEntry: nil, file: nil))
        #expect(try await store.taskFile(Make.task) == nil)
        for file in [[1], [2]] as [[UInt8]] {
            #expect(try await !store.addTask(Make.storedTask(), logEntry: nil, file: file))
            #expect(try await temporary.afterKill().taskFile(Make.task) == file)
        }
        // What a folder of before has is older.
        try await store.keepFormerTaskFile([3], of: Make.task)
        try await store.keepFormerTaskFile([3], of: .random())
        #expect(try await store.taskFile(Make.task) == [2])
        // A task that cannot be added leaves the file as it is.
        var other = Make.storedTask()
        other.collectorConfig = [9]
        await #expect(throws: DatastoreError.self) { try await store.addTask(other, logEntry: nil, file: [4]) }
        #expect(try await store.taskFile(Make.task) == [2])
    }
}
