import Datastore
import Testing

/// What the database keeps of the node's starts is bounded, and what it says of those that it keeps stays what it was.
@Suite(.inTurns) struct NodeRunsTests {
    private func rows(_ store: NodeDatabase) async throws -> Int64? {
        try await store.engine.read { try $0.integer("SELECT COUNT(*) FROM node_runs") }
    }

    /// Starts one after the other, each with the file of the one before.
    private func start(
        _ count: Int, _ store: NodeDatabase, after former: GenerationMark = GenerationMark(number: 0, run: nil)
    ) async throws -> [GenerationMark] {
        var marks: [GenerationMark] = []
        for _ in 0..<count {
            let run = GenerationRun.random()
            let first = try await store.beginGeneration(run, after: marks.last ?? former)
            marks.append(GenerationMark(number: first, run: run))
        }
        return marks
    }

    @Test(arguments: EngineKind.tested)
    func theOldestStartsAreForgottenAndNothingElse(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let kept = NodeDatabase.runsKept
        var marks = try await start(kept + 1, store)
        #expect(try await rows(store) == Int64(kept) + 1)
        var record = try await store.generationRecord(of: nil)
        #expect(record.span == 0...0 && record.successor == .followed && record.forgotten == 0)
        marks += try await start(20, store, after: marks[kept])
        // Those that have ended, and the one that goes on.
        #expect(try await rows(store) == Int64(kept) + 1)
        record = try await store.generationRecord(of: nil)
        #expect(record.span == nil, "what was before the first start is forgotten with it")
        for (place, mark) in marks.enumerated() {
            let record = try await store.generationRecord(of: mark.run)
            #expect(record.forgotten == 20)
            #expect(record.newest == marks.last)
            guard place >= 20 else {
                #expect(record.span == nil)
                continue
            }
            #expect(record.span == mark.number...mark.number)
            let left = marks.count - place - 1
            #expect(record.successor == (left == 0 ? .none : left == 1 ? .last : .followed))
        }
        // The next number is above all that were ever reached.
        #expect(try await start(1, store, after: marks[marks.count - 1])[0].number == UInt64(marks.count) + 1)
    }

    /// It may have counted more than anybody since, and whoever comes next begins above that.
    @Test(arguments: EngineKind.tested)
    func theGreatestNumberIsNotForgotten(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        _ = try await start(1, store)
        try await store.engine.write { _ = try $0.execute("UPDATE node_runs SET last = 1000000") }
        for _ in 0..<NodeDatabase.runsKept + 5 { try await store.beginGeneration(.random()) }
        #expect(try await store.generation() == 1_000_000 + UInt64(NodeDatabase.runsKept) + 5)
        #expect(try await store.generationRecord(of: .random()).forgotten >= 1_000_000)
    }

    /// A process that sleeps through very many starts has no run any more. It cannot count, and says no wrong word about the
    /// database.
    @Test(arguments: EngineKind.tested)
    func aProcessWhoseRunIsForgottenDoesNothingAndAccusesNobody(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let mark = try await start(1, store)[0]
        store.generationMemory.watch(from: mark) { found, known in
            Issue.record("\(found) is no older database than that of \(known)")
        }
        for _ in 0..<NodeDatabase.runsKept + 1 { try await store.beginGeneration(.random()) }
        let errors = [
            await #expect(throws: DatastoreError.self) { try await store.submitLogEntry([1], task: Make.task) },
            await #expect(throws: DatastoreError.self) { _ = try await store.coveringMark() },
        ]
        for error in errors {
            guard case .unsuitable(let words)? = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(words.contains("start it again"))
        }
        #expect(try await store.numberedSize() == 0, "what it did is undone")
    }
}
