import AggregatorNode
import Datastore
import Foundation
import Testing

/// The file that counts beside the keys, on disks that fail: what looks like a restored backup must be one, because the
/// way out of that destroys keys.
@Suite struct GenerationTests {
    private let temporary: TemporaryDirectory
    private let store: NodeDatabase

    init() throws {
        temporary = try TemporaryDirectory()
        store = try NodeDatabase.open(path: temporary.file("node.sqlite"))
    }

    private func text(_ file: String) throws -> String { try String(contentsOfFile: file, encoding: .utf8) }

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
        #expect(try text(file) == "1\n")
    }

    @Test func aLoopOfStartsThatCannotWriteTheFileCountsNothing() async throws {
        let file = temporary.file("generation")
        _ = try await Generation.begin(path: file, store: store)
        // A name that is short enough for a file, and too long for the draft that replaces it.
        let readOnly = temporary.file(String(repeating: "g", count: 250))
        try put(text(file), readOnly)
        for _ in 0..<3 {
            await #expect(throws: GenerationError.self) { try await Generation.begin(path: readOnly, store: store) }
        }
        #expect(try await store.generation() == 1)
    }

    /// The file is there before the database counts, whenever the first start is killed.
    @Test func aFirstStartThatIsKilledCanBeRepeated() async throws {
        struct Killed: NodeStateStore {
            let store: NodeDatabase
            func generation() async throws(DatastoreError) -> UInt64 { try await store.generation() }
            func beginGeneration() async throws(DatastoreError) -> UInt64 {
                _ = try await store.beginGeneration()
                throw .conflict("killed")
            }
            func haltReason() async throws(DatastoreError) -> String? { nil }
            func recordHalt(_ reason: String) async throws(DatastoreError) {}
        }
        let file = temporary.file("generation")
        await #expect(throws: GenerationError.self) {
            try await Generation.begin(path: file, store: Killed(store: store))
        }
        #expect(try text(file) == "0\n")
        _ = try await Generation.begin(path: file, store: store)
        #expect(try text(file) == "2\n")
    }

    @Test func aFileThatIsFarBehindSaysWhatToCheckAndDestroysNothing() async throws {
        struct Grown: NodeStateStore {
            func generation() async throws(DatastoreError) -> UInt64 { 1_000_000 }
            func beginGeneration() async throws(DatastoreError) -> UInt64 { 1_000_001 }
            func haltReason() async throws(DatastoreError) -> String? { nil }
            func recordHalt(_ reason: String) async throws(DatastoreError) {}
        }
        let file = temporary.file("generation")
        try put("5\n", file)
        let error = await #expect(throws: GenerationError.self) {
            try await Generation.begin(path: file, store: Grown())
        }
        #expect(error == .fileIsOld(path: file, file: 5, database: 1_000_000))
        let advice = try #require(error?.description)
        #expect(!advice.contains("cairn node restored"))
        // It is the way on, too.
        #expect(advice.contains("write 1000000 into \(file)"))
        try put("1000000\n", file)
        _ = try await Generation.begin(path: file, store: Grown())
    }

    @Test func noWordLeavesAndNoDeedBeginsWhileTheFileCannotBeWritten() async throws {
        let folder = temporary.file("keys")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let generation = try await Generation.begin(path: "\(folder)/generation", store: store)
        try await generation.ready()
        try FileManager.default.moveItem(atPath: folder, toPath: folder + ".away")
        _ = try await store.beginGeneration()
        await #expect(throws: (any Error).self) { try await generation.settle() }
        await #expect(throws: (any Error).self) { try await generation.ready() }
        try FileManager.default.moveItem(atPath: folder + ".away", toPath: folder)
        try await generation.ready()
        #expect(try text("\(folder)/generation") == "2\n")
    }

    @Test func ofManyAtOnceEachWordWaitsForItsNumber() async throws {
        let file = temporary.file("generation")
        let generation = try await Generation.begin(path: file, store: store)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask { [store] in
                    let counted = try await store.beginGeneration()
                    try await generation.settle()
                    let said = try UInt64(text(file).dropLast())
                    #expect(try #require(said) >= counted)
                }
            }
            try await group.waitForAll()
        }
        #expect(try text(file) == "201\n")
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
        #expect(!FileManager.default.fileExists(atPath: parties.helper.log.keyFile))
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
