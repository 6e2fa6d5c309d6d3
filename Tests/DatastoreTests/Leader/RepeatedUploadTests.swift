import DAP
import Datastore
import Dispatch
import Synchronization
import Testing

/// Uploads that repeat what a node has promised, while it counts other promises and watches that its database gets no older.
@Suite(.inTurns) struct RepeatedUploadTests {
    private static func promised(_ number: Int) -> NewReport {
        var report = Make.report(number)
        report.deadline = 1_000
        return report
    }

    private func upload(_ numbers: [Int], _ store: NodeDatabase) async throws -> [UploadOutcome] {
        try await store.storeReports(numbers.map(Self.promised), task: Make.task, bucketCapacity: nil)
    }

    /// Begins a run, and fails the test where the database is said to be an older one.
    private func watch(_ store: NodeDatabase) async throws {
        let run = GenerationRun.random()
        let first = try await store.beginGeneration(run)
        store.generationMemory.watch(from: GenerationMark(number: first, run: run)) { found, known in
            Issue.record("a healthy database is called old: \(found.number) where \(known.number) is known")
        }
    }

    /// The repetition reads the count without a lock, and is slow; another upload has counted and is remembered meanwhile.
    @Test(arguments: EngineKind.tested)
    func aRepetitionThatReadBeforeAnotherPromiseWasCountedIsNoAlarm(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let isArmed = Mutex(false)
        let (hasRead, isOver) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let store = NodeDatabase(
            WatchedEngine(
                temporary.store.engine,
                answered: { sql in
                    guard sql.contains("SELECT last FROM node_runs"),
                        isArmed.withLock({ armed in
                            defer { armed = false }
                            return armed
                        })
                    else { return }
                    hasRead.signal()
                    // An engine with one writer lets nobody in meanwhile.
                    _ = isOver.wait(timeout: .now() + (kind == .sqlite ? 0.2 : 10))
                }, next: { _ in }))
        try await watch(store)
        #expect(try await upload([1], store) == [.stored])
        isArmed.withLock { $0 = true }
        async let repeated = upload([1], store)
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                #expect(hasRead.wait(timeout: .now() + 10) == .success)
                continuation.resume()
            }
        }
        #expect(try await upload([2], store) == [.stored])
        isOver.signal()
        #expect(try await repeated == [.duplicate])
        #expect(store.generationMemory.mark?.number == 3)
    }

    @Test(arguments: EngineKind.tested)
    func repetitionsBesidePromisesOfSeveralWritersAreNoAlarm(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        try await watch(store)
        _ = try await upload([0], store)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 1...4 {
                group.addTask {
                    for number in 0..<25 {
                        let outcomes = try await upload([writer * 100 + number], store)
                        #expect(outcomes == [.stored])
                    }
                }
                group.addTask {
                    for _ in 0..<50 {
                        let outcomes = try await upload([0], store)
                        #expect(outcomes == [.duplicate])
                    }
                }
                // What a node does before each word, and once a second.
                group.addTask {
                    for _ in 0..<50 {
                        let known = store.generationMemory.mark
                        try store.generationMemory.check(try await store.generationMark(), known: known)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.generation() == 102)
        #expect(store.generationMemory.mark?.number == 102)
    }
}
