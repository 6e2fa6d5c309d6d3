import AggregatorNode
import Datastore
import Foundation
import TestSupport
import Testing

/// The file that counts beside the keys, on disks that fail: what looks like a restored backup must be one, because the
/// way out of that destroys keys.
@Suite struct GenerationTests {
    private let temporary: TemporaryFolder
    private let store: NodeDatabase

    init() throws {
        temporary = try TemporaryFolder.ofNodes()
        store = try NodeDatabase.open(path: temporary.file("node.sqlite"))
    }

    private func number(_ file: String) throws -> UInt64? { try GenerationFile(path: file).read()?.number }

    private func put(_ text: String, _ file: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    }

    @Test func aFirstStartThatCannotWriteItsFileCountsNothing() async throws {
        // A folder that is not there can be read (nothing is in it), and not written.
        let file = temporary.file("keys") + "/generation"
        for _ in 0..<3 {
            await #expect(throws: GenerationError.self) { try await Generation.begin(path: file, store: store) }
        }
        #expect(try await store.generation() == 0)
        try FileManager.default.createDirectory(
            atPath: temporary.file("keys"), withIntermediateDirectories: true)
        _ = try await Generation.begin(path: file, store: store)
        #expect(try number(file) == 1)
    }

    @Test func aLoopOfStartsThatCannotWriteTheFileCountsNothing() async throws {
        let file = temporary.file("generation")
        _ = try await Generation.begin(path: file, store: store)
        // A name that is short enough for a file, and too long for the draft that replaces it.
        let readOnly = temporary.file(String(repeating: "g", count: 250))
        try FileManager.default.copyItem(atPath: file, toPath: readOnly)
        for _ in 0..<3 {
            await #expect(throws: GenerationError.self) { try await Generation.begin(path: readOnly, store: store) }
        }
        #expect(try await store.generation() == 1)
    }

    /// The file is there before the database counts, whenever the first start is killed.
    @Test func aFirstStartThatIsKilledCanBeRepeated() async throws {
        struct Killed: NodeStateStore {
            let store: NodeDatabase
            var generationMemory: GenerationMemory { store.generationMemory }
            func generationMark() async throws(DatastoreError) -> GenerationMark { try await store.generationMark() }
            func generationRecord(of run: GenerationRun?) async throws(DatastoreError) -> GenerationRecord {
                try await store.generationRecord(of: run)
            }
            func beginGeneration(
                _ run: GenerationRun, after former: GenerationMark?
            ) async throws(DatastoreError) -> UInt64 {
                try await store.beginGeneration(run, after: former)
                throw .conflict("killed")
            }
            func haltReason() async throws(DatastoreError) -> String? { nil }
            func recordHalt(_ reason: String) async throws(DatastoreError) {}
        }
        let file = temporary.file("generation")
        for round in 0..<3 as Range<UInt64> {
            await #expect(throws: GenerationError.self) {
                try await Generation.begin(path: file, store: Killed(store: store))
            }
            #expect(try number(file) == round)
        }
        _ = try await Generation.begin(path: file, store: store)
        #expect(try number(file) == 4)
    }

    @Test func aFileThatIsFarBehindSaysWhatToCheckAndDestroysNothing() async throws {
        struct Grown: NodeStateStore {
            let generationMemory = GenerationMemory()
            func generationMark() async throws(DatastoreError) -> GenerationMark {
                GenerationMark(number: 1_000_000, run: nil)
            }
            func generationRecord(of run: GenerationRun?) async throws(DatastoreError) -> GenerationRecord {
                let mark = GenerationMark(number: 1_000_000, run: nil)
                return GenerationRecord(newest: mark, mark: mark, span: 0...1_000_000)
            }
            func beginGeneration(
                _ run: GenerationRun, after former: GenerationMark?
            ) async throws(DatastoreError) -> UInt64 { 1_000_001 }
            func haltReason() async throws(DatastoreError) -> String? { nil }
            func recordHalt(_ reason: String) async throws(DatastoreError) {}
        }
        let file = temporary.file("generation")
        try put("5\n", file)
        let error = await #expect(throws: GenerationError.self) {
            try await Generation.begin(path: file, store: Grown())
        }
        #expect(
            error == .fileIsOld(path: file, file: 5, database: GenerationMark(number: 1_000_000, run: nil)))
        let advice = try #require(error?.description)
        #expect(!advice.contains("cairn node restored"))
        // It is the way on, too.
        #expect(advice.contains("write 1000000 into \(file)"))
        try put("1000000\n", file)
        _ = try await Generation.begin(path: file, store: Grown())
    }

    /// The keys of an older run are an old copy, and forget nothing; what the message says to write gets on.
    @Test func theWordsForAnOldCopyOfTheKeysAreTheWayOn() async throws {
        let (file, copy) = (temporary.file("generation"), temporary.file("copy"))
        _ = try await Generation.begin(path: file, store: store)
        try FileManager.default.copyItem(atPath: file, toPath: copy)
        for _ in 0..<2 { _ = try await Generation.begin(path: file, store: store) }
        let error = await #expect(throws: GenerationError.self) {
            try await Generation.begin(path: copy, store: store)
        }
        guard case .fileIsOld(_, 1, let database)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        let words = "\(database.number) \(database.run?.hex ?? "")"
        #expect(error?.description.contains("write \(words) into \(copy)") == true)
        // The number alone does not say of which run.
        try put("\(database.number)\n", copy)
        await #expect(throws: GenerationError.self) { try await Generation.begin(path: copy, store: store) }
        try put(words, copy)
        _ = try await Generation.begin(path: copy, store: store)
    }

    /// Version 1 of the file, beside a database whose runs had no names.
    @Test func theFileOfAFormerVersionIsReadOnceAndReplaced() async throws {
        let file = temporary.file("generation")
        for _ in 0..<3 { try await store.countDeed() }
        try put("3\n", file)
        _ = try await Generation.begin(path: file, store: store)
        #expect(try number(file) == 4)
        let former = temporary.file("former")
        try put("3\n", former)
        // Cut off in its first start, it could be repeated; after that, it is an old copy.
        _ = try await Generation.begin(path: former, store: store)
        try put("3\n", former)
        await #expect(throws: GenerationError.self) { try await Generation.begin(path: former, store: store) }
    }

    // MARK: While the node runs

    /// Somebody puts a backup in the place of the database while the node works. The first who notices stops it for good, and
    /// the database counts nothing past it.
    @Test(arguments: [false, true])
    func aDatabaseThatIsExchangedUnderARunningNodeStopsIt(looking: Bool) async throws {
        let file = temporary.file("generation")
        let halt = HaltSwitch(store: store, logger: quietLogger())
        let generation = try await Generation.begin(path: file, store: store, halt: halt)
        for _ in 0..<5 { try await store.countDeed() }
        try await generation.settle()
        #expect(halt.reason == nil)
        try await store.forget(2)
        let old = try await store.generation()
        for _ in 0..<4 {
            await #expect(throws: DatastoreError.self) {
                if looking { try await generation.settle() } else { try await store.countDeed() }
            }
        }
        #expect(halt.reason?.contains("exchanged for an older one") == true)
        #expect(try await store.generation() == old, "nothing was counted")
        try await eventually("the reason is stored", every: .milliseconds(10)) {
            try await store.haltReason() == halt.reason ? true : nil
        }
        await #expect(throws: NodeStartError.self) { try await Node.begin(store, generationFile: file) }
        // Also where the reason went with the next backup.
        await #expect(throws: GenerationError.self) { try await Generation.begin(path: file, store: store) }
    }

    /// What was begun in the newest database and never settled may be missing: nobody was told.
    @Test func aDatabaseOfAnotherRunIsExchangedWhateverItCounted() async throws {
        let file = temporary.file("generation")
        let halt = HaltSwitch(store: store, logger: quietLogger())
        let generation = try await Generation.begin(path: file, store: store, halt: halt)
        try await store.countDeed()
        // It is of a time before this process, and has counted more elsewhere.
        try await store.forgetRun()
        for _ in 0..<3 { try await store.beginGeneration(.random()) }
        await #expect(throws: DatastoreError.self) { try await generation.settle() }
        await #expect(throws: DatastoreError.self) { try await store.countDeed() }
        #expect(halt.reason?.contains("another run") == true)
        await #expect(throws: GenerationError.self) { try await Generation.begin(path: file, store: store) }
    }

    @Test func noWordLeavesAndNoDeedBeginsWhileTheFileCannotBeWritten() async throws {
        let folder = temporary.file("keys")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let generation = try await Generation.begin(path: "\(folder)/generation", store: store)
        try await generation.ready()
        try FileManager.default.moveItem(atPath: folder, toPath: folder + ".away")
        try await store.countDeed()
        await #expect(throws: (any Error).self) { try await generation.settle() }
        await #expect(throws: (any Error).self) { try await generation.settleCounted() }
        await #expect(throws: (any Error).self) { try await generation.ready() }
        try FileManager.default.moveItem(atPath: folder + ".away", toPath: folder)
        try await generation.ready()
        #expect(try number("\(folder)/generation") == 2)
    }

    @Test(arguments: [false, true]) func ofManyAtOnceEachWordWaitsForItsNumber(looking: Bool) async throws {
        let file = temporary.file("generation")
        let generation = try await Generation.begin(path: file, store: store)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask { [self] in
                    try await store.countDeed()
                    let counted = store.generationMemory.mark?.number ?? .max
                    if looking { try await generation.settle() } else { try await generation.settleCounted() }
                    let said = try number(file)
                    #expect(try #require(said) >= counted)
                }
            }
            try await group.waitForAll()
        }
        #expect(try number(file) == 201)
    }

    // MARK: Others that count

    /// What a command, or another process, has counted is in the process's own number before a word about it leaves.
    @Test func theFileStandsForWhatOthersHaveCounted() async throws {
        let file = temporary.file("generation")
        let generation = try await Generation.begin(path: file, store: store)
        try await generation.settle()
        #expect(try number(file) == 1)
        let command = try NodeDatabase.open(path: temporary.file("node.sqlite"))
        try await command.countDeed()
        try await generation.settle()
        #expect(try number(file) == 2)
        // Once is enough.
        for _ in 0..<3 { try await generation.settle() }
        #expect(try number(file) == 2)
        #expect(try await store.generation() == 2)
        try command.close()
    }

    // MARK: Commands beside it

    /// The file is made by a first start between a command's two readings.
    @Test func aCommandLooksAgainWhereANodeStartsMeanwhile() async throws {
        struct Starting: NodeStateStore {
            let store: NodeDatabase
            let file: String
            var generationMemory: GenerationMemory { store.generationMemory }
            func generationMark() async throws(DatastoreError) -> GenerationMark { try await store.generationMark() }
            func generationRecord(of run: GenerationRun?) async throws(DatastoreError) -> GenerationRecord {
                if try await store.generation() == 0 { _ = try? await Generation.begin(path: file, store: store) }
                return try await store.generationRecord(of: run)
            }
            func beginGeneration(
                _ run: GenerationRun, after former: GenerationMark?
            ) async throws(DatastoreError) -> UInt64 { 0 }
            func haltReason() async throws(DatastoreError) -> String? { nil }
            func recordHalt(_ reason: String) async throws(DatastoreError) {}
        }
        let file = temporary.file("generation")
        try await Generation.requireTogether(path: file, store: store)
        try await Generation.requireTogether(path: file, store: Starting(store: store, file: file))
        #expect(try await store.generation() == 1)
        // It is behind while the node has something under way.
        try await store.countDeed()
        try await Generation.requireTogether(path: file, store: store)
        try await Generation.begin(path: file, store: store).settle()
        try await store.forget(1)
        await #expect(throws: GenerationError.self) {
            try await Generation.requireTogether(path: file, store: store)
        }
    }

    // MARK: Declaring a restore

    /// A node makes `hpke` and `statement` anew where they are missing, and would go on with the old database.
    @Test func aRestoreThatIsCutShortHasDestroyedTheKeyThatNoNodeMakesAnew() async throws {
        let parties = try Parties()
        let store = try await parties.helper.openDatabase()
        try store.close()
        // Here it ends: what is in the way cannot be destroyed.
        let statement = "\(parties.helper.keyDirectory)/statement"
        try FileManager.default.removeItem(atPath: statement)
        try FileManager.default.createDirectory(atPath: statement, withIntermediateDirectories: true)
        await #expect(throws: NodeStartError.self) { try await RestoredNode.declare(parties.helper) }
        #expect(!FileManager.default.fileExists(atPath: parties.helper.noteKeyFile))
        try FileManager.default.removeItem(atPath: statement)
        #expect(throws: KeyFileError.self) { try NodeKeys.load(parties.helper) }
        // Not even under a new key.
        let reopened = try await parties.helper.openDatabase()
        await #expect(throws: NodeStartError.self) {
            try await Node.begin(reopened, generationFile: parties.directory.file("generation"))
        }
        try reopened.close()
        // Repeated, it ends as it should.
        let outcome = try await RestoredNode.declare(parties.helper)
        #expect(outcome.destroyedKeys == ["\(parties.helper.keyDirectory)/hpke"])
        #expect(!FileManager.default.fileExists(atPath: parties.helper.database.file ?? ""))
    }
}
