import DAP
import Datastore
import Testing

@Suite(.inTurns) struct TaskStoreTests {
    @Test(arguments: EngineKind.tested)
    func addingATaskTwiceLogsItOnce(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        #expect(try await store.addTask(Make.storedTask(), logEntry: Make.entry(1)))
        var renamed = Make.storedTask()
        renamed.name = "another name"
        #expect(try await !store.addTask(renamed, logEntry: Make.entry(1)))
        #expect(try await store.numberedSize() == 1)
        #expect(try await store.tasks() == [Make.storedTask()])
    }

    @Test(arguments: EngineKind.tested)
    func aTaskNeverChanges(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        try await temporary.store.addTask(Make.storedTask(), logEntry: nil)
        var changed = Make.storedTask()
        changed.verifyKey[0] ^= 1
        await #expect(throws: DatastoreError.self) {
            try await temporary.store.addTask(changed, logEntry: Make.entry(1))
        }
        #expect(try await temporary.store.numberedSize() == 0)
        #expect(try await temporary.store.task(Make.task)?.verifyKey == Make.storedTask().verifyKey)
    }

    @Test(arguments: EngineKind.tested)
    func severalKeysKeepTheirOrderAndIds(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        var task = Make.storedTask()
        task.verifyKeys = [(200, 1), (0, 2), (7, 3)].map { VerifyKey(id: $0, bytes: [UInt8](repeating: $1, count: 32)) }
        task.source = .manual
        #expect(try await temporary.store.addTask(task, logEntry: nil))
        let reopened = try await temporary.afterKill()
        #expect(try await reopened.task(Make.task) == task)
        #expect(try await reopened.tasks() == [task])
        #expect(try await !reopened.addTask(task, logEntry: nil))
        var reordered = task
        reordered.verifyKeys.swapAt(0, 1)
        await #expect(throws: DatastoreError.self) { try await reopened.addTask(reordered, logEntry: nil) }
    }

    /// Strangers may announce tasks, so there are never more of these than the operator allows.
    @Test(arguments: EngineKind.tested)
    func announcedTasksAreBoundedAndThoseOfTheOperatorAreNot(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        func task(_ number: UInt8, _ source: TaskSource = .announced) -> StoredTask {
            var task = Make.storedTask(TaskID(unchecked: [UInt8](repeating: number, count: 32)))
            task.source = source
            return task
        }
        for number: UInt8 in 10..<20 { try await store.addTask(task(number, .taskprov), logEntry: nil) }
        for number: UInt8 in 0..<2 { #expect(try await store.addAnnouncedTask(task(number), limit: 2) == .stored) }
        #expect(try await store.addAnnouncedTask(task(2), limit: 2) == .full)
        #expect(try await store.task(task(2).id) == nil)
        // What is there is there, whoever brought it first.
        #expect(try await store.addAnnouncedTask(task(1), limit: 2) == .stored)
        #expect(try await store.addAnnouncedTask(task(10), limit: 2) == .stored)
        #expect(try await !store.addTask(task(0, .taskprov), logEntry: nil))
        var other = task(1)
        other.collectorConfig = [9]
        await #expect(throws: DatastoreError.self) { _ = try await store.addAnnouncedTask(other, limit: 9) }
        #expect(try await store.tasks().count == 12)
    }

    @Test(arguments: EngineKind.tested)
    func anUnknownTaskIsNotFound(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        #expect(try await temporary.store.task(Make.task) == nil)
    }
}

@Suite(.inTurns) struct LogStoreTests {
    @Test(arguments: EngineKind.tested)
    func entriesKeepTheirOrderAndNumbers(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        for number in 0..<5 { #expect(try await temporary.store.submitted(Make.entry(number)) == UInt64(number)) }
        #expect(try await temporary.store.logEntries(from: 1, limit: 3) == (1...3).map(Make.entry))
        #expect(try await temporary.store.logEntries(from: 5, limit: 3).isEmpty)
        #expect(try await temporary.store.logEntries(from: .max, limit: 3).isEmpty)
    }

    @Test(arguments: EngineKind.tested)
    func aSubmittedEntryStandsInTheLogOnce(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        #expect(try await temporary.store.submitted(Make.entry(1)) == 0)
        #expect(try await temporary.store.submitted(Make.entry(2)) == 1)
        #expect(try await temporary.store.submitted(Make.entry(1)) == 0)
        #expect(try await temporary.store.numberedSize() == 2)
    }

    @Test(arguments: EngineKind.tested)
    func twoRootsAreNeverSignedForOneSize(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let first = StoredCheckpoint(size: 3, root: [1], note: [10])
        #expect(try await store.recordCheckpoint(first) == first)
        #expect(try await store.recordCheckpoint(StoredCheckpoint(size: 3, root: [1], note: [11])) == first)
        await #expect(throws: DatastoreError.self) {
            try await store.recordCheckpoint(StoredCheckpoint(size: 3, root: [2], note: [12]))
        }
        let reopened = try await temporary.afterKill()
        await #expect(throws: DatastoreError.self) {
            try await reopened.recordCheckpoint(StoredCheckpoint(size: 3, root: [2], note: [12]))
        }
    }

    /// Two processes have read the same note, and each signs the tree again, or has had it cosigned.
    @Test(arguments: EngineKind.tested)
    func aNoteThatSomebodyElseHasChangedSinceStays(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let read = StoredCheckpoint(size: 3, root: [1], note: [10])
        _ = try await store.recordCheckpoint(read)
        func again(_ note: UInt8) -> StoredCheckpoint { StoredCheckpoint(size: 3, root: [1], note: [note]) }
        let before = try await store.generation()
        #expect(try await store.renewCheckpoint(again(11), insteadOf: read) == again(11))
        #expect(try await store.renewCheckpoint(again(12), insteadOf: read) == again(11))
        #expect(try await store.generation() == before + 1, "only what was stored was said")
        // Cosignatures on the former note do not come over the newer one.
        #expect(try await store.recordCosignatures([20], on: read) == again(11))
        var cosigned = again(11)
        cosigned.cosignedNote = [21]
        #expect(try await store.recordCosignatures([21], on: again(11)) == cosigned)
        #expect(try await store.recordCosignatures([22], on: again(11)) == cosigned, "that has others meanwhile")
        #expect(try await store.checkpoint(ofSize: 3) == cosigned)
        // Whoever has read the newest may change it.
        #expect(try await store.renewCheckpoint(again(13), insteadOf: cosigned) == again(13))
        await #expect(throws: DatastoreError.self) {
            try await store.renewCheckpoint(StoredCheckpoint(size: 3, root: [2], note: [14]), insteadOf: again(13))
        }
        await #expect(throws: DatastoreError.self) {
            try await store.recordCosignatures([23], on: StoredCheckpoint(size: 3, root: [2], note: [13]))
        }
        #expect(try await store.checkpoint(ofSize: 3) == again(13))
    }

    @Test(arguments: EngineKind.tested)
    func receiptsFindTheLargestCosignedCheckpointThatCoversAnEntry(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        for size in UInt64(1)...4 {
            let checkpoint = StoredCheckpoint(size: size, root: [UInt8(size)], note: [1])
            _ = try await store.recordCheckpoint(checkpoint)
            if size < 4 { _ = try await store.recordCosignatures([UInt8(size)], on: checkpoint) }
        }
        #expect(try await store.cosignedCheckpoints(covering: 1, limit: 5).map(\.size) == [3, 2])
        #expect(try await store.cosignedCheckpoints(covering: 3, limit: 5).isEmpty)
    }
}
