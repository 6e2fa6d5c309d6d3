import Datastore
import Foundation
import GRDB
import Synchronization
import Testing

/// Files that a node must not use, or cannot: a clear word, and nothing in them is changed.
@Suite struct BadFileTests {
    /// A file with these tables.
    private func file(_ sql: String) throws -> SQLiteFile {
        let file = try SQLiteFile()
        let queue = try FormerDatabase.hastyQueue(file.path)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
        return file
    }

    /// Opens a file that is not to be opened, and makes sure that no byte of it changes.
    private func refusal(_ file: SQLiteFile) throws -> DatastoreError? {
        let before = try Data(contentsOf: URL(filePath: file.path))
        let error = #expect(throws: DatastoreError.self) { try NodeDatabase.open(path: file.path).close() }
        #expect(try Data(contentsOf: URL(filePath: file.path)) == before)
        #expect(!FileManager.default.fileExists(atPath: "\(file.path).before-2"))
        return error
    }

    @Test func aNewerDatabaseAsksForTheNewerProgram() throws {
        let file = try SQLiteFile()
        try NodeDatabase.open(path: file.path).close()
        let queue = try FormerDatabase.hastyQueue(file.path)
        try queue.writeWithoutTransaction { try $0.execute(sql: "UPDATE cairn_schema SET version = 1000") }
        try queue.close()
        let error = try refusal(file)
        guard case .unsuitable(let words) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(words.contains("newer") && words.contains("schema 1000"))
    }

    @Test func aDatabaseThatWasPutBackInPartIsRefused() throws {
        let file = try SQLiteFile()
        try NodeDatabase.open(path: file.path).close()
        let queue = try FormerDatabase.hastyQueue(file.path)
        try queue.writeWithoutTransaction { try $0.execute(sql: "DROP TABLE share_sums; DROP TABLE share_keys") }
        try queue.close()
        guard case .corrupt(let words) = try refusal(file) else {
            Issue.record("it was opened")
            return
        }
        #expect(words.contains("lacks share_keys, share_sums"))
    }

    /// One that a later version of schema 1 has written, of which this program does not know.
    @Test func anUnknownMigrationIsThatOfANewerProgram() throws {
        let former = try FormerDatabase(.leader, change: "INSERT INTO grdb_migrations VALUES ('leader 6 later')")
        guard case .unsuitable(let words) = try refusal(former.file) else {
            Issue.record("it was opened")
            return
        }
        #expect(words.contains("'leader 6 later'"))
    }

    @Test(arguments: [
        "CREATE TABLE songs (title TEXT)",
        "CREATE TABLE grdb_migrations (identifier TEXT PRIMARY KEY); INSERT INTO grdb_migrations VALUES ('songs 1')",
        "CREATE TABLE tasks (title TEXT)",
    ])
    func aFileOfAnotherProgramIsLeftAlone(sql: String) throws {
        guard case .unsuitable(let words) = try refusal(file(sql)) else {
            Issue.record("it was opened")
            return
        }
        #expect(words.contains("another program"))
    }

    @Test func aFileThatIsNoDatabaseIsRefused() throws {
        let file = try SQLiteFile()
        let bytes = Data(repeating: 0x55, count: 5_000)
        try bytes.write(to: URL(filePath: file.path))
        let error = #expect(throws: DatastoreError.self) { try NodeDatabase.open(path: file.path) }
        guard case .corrupt(let words) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(words.contains("no database"))
        #expect(try Data(contentsOf: URL(filePath: file.path)) == bytes)
    }

    /// SQLite would call them a disk that fails, and wait for ever for what a pipe says.
    @Test(.timeLimit(.minutes(1)), arguments: ["a folder", "a pipe", "a device"])
    func whatIsNoFileIsCalledWhatItIs(kind: String) throws {
        let file = try SQLiteFile()
        var path = file.path
        switch kind {
        case "a folder": path = file.directory.path
        case "a pipe": #expect(mkfifo(path, 0o600) == 0)
        default: path = "/dev/null"
        }
        let error = #expect(throws: DatastoreError.self) { try NodeDatabase.open(path: path) }
        guard case .unsuitable(let words) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(words.contains(kind) && words.contains("name a file"))
    }

    @Test func aRoleIsTakenOnce() async throws {
        let file = try SQLiteFile()
        let database = try NodeDatabase.open(path: file.path)
        try await database.claimRole(.helper)
        try await database.claimRole(.helper)
        let error = await #expect(throws: DatastoreError.self) { try await database.claimRole(.leader) }
        #expect(
            error == .unsuitable("the database is a helper's, and this is a leader: give each a database of its own"))
        try database.close()
        try await NodeDatabase.open(path: file.path).claimRole(.helper)
    }

    // MARK: What the system refuses

    /// Runs `body` without root's rights over files, on a thread of its own: those are a thread's.
    private func asNobody<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in
            Thread {
                typealias SetFileUser = @convention(c) (UInt32) -> Int32
                let setFileUser = dlsym(nil, "setfsuid").map { unsafeBitCast($0, to: SetFileUser.self) }
                if getuid() == 0 { _ = setFileUser?(65_534) }
                continuation.resume(returning: body())
            }.start()
        }
    }

    private func openingAsNobody(_ path: String) async -> DatastoreError? {
        await asNobody {
            do throws(DatastoreError) {
                try NodeDatabase.open(path: path).close()
                return nil
            } catch { return error }
        }
    }

    private func setMode(_ mode: Int, _ path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    @Test(arguments: [(0o444, 0o755), (0o444, 0o555), (0o000, 0o755)])
    func aFileThatMayNotBeWrittenIsSaidToBeSo(fileMode: Int, folderMode: Int) async throws {
        let former = try FormerDatabase(.leader)
        try setMode(fileMode, former.file.path)
        try setMode(folderMode, former.file.directory.path)
        defer { try? setMode(0o755, former.file.directory.path) }
        guard case .unavailable(let words) = await openingAsNobody(former.file.path) else {
            Issue.record("it was opened")
            return
        }
        #expect(words.contains("check"))
        try setMode(0o755, former.file.directory.path)
        try setMode(0o600, former.file.path)
        #expect(try !former.migrate().isEmpty, "nothing was lost")
    }

    @Test func aFolderThatMayNotBeWrittenIsSaidToBeSo() async throws {
        let file = try SQLiteFile()
        try setMode(0o555, file.directory.path)
        defer { try? setMode(0o755, file.directory.path) }
        guard case .unavailable(let words) = await openingAsNobody(file.path) else {
            Issue.record("it was opened")
            return
        }
        #expect(words.contains("cannot be created") && words.contains(file.path))
        guard case .unavailable = await openingAsNobody("\(file.directory.path)/no/node.sqlite") else {
            Issue.record("it was opened")
            return
        }
    }

    // MARK: Disks

    @Test func aFullDiskLeavesAFormerDatabaseAsItWas() throws {
        let former = try FormerDatabase(.leader)
        let before = try FormerDatabase.everything(former.file.path)
        #expect(throws: DatastoreError.full) {
            try NodeDatabase.open(path: former.file.path, settings: SQLiteSettings(pageLimit: 75)).close()
        }
        #expect(try FormerDatabase.everything(former.file.path) == before)
        #expect(try !former.migrate().isEmpty)
        #expect(try FormerDatabase.everything(former.copy) == before, "the copy of the first try")
    }

    @Test func aNewFileOnAFullDiskCanBeOpenedLater() throws {
        let file = try SQLiteFile()
        #expect(throws: DatastoreError.full) {
            try NodeDatabase.open(path: file.path, settings: SQLiteSettings(pageLimit: 10)).close()
        }
        try NodeDatabase.open(path: file.path).close()
    }

    /// The write-ahead log takes nothing more, as on a disk that fails; then it does again.
    @Test func aDiskThatFailsLosesNothingThatWasAcknowledged() async throws {
        let file = try SQLiteFile()
        let engine = try file.engine()
        let write = { @Sendable (number: Int) in
            try await engine.write { try $0.execute("INSERT INTO things (thing) VALUES ($1)", [number]) }
        }
        _ = try await write(1)
        let log = try #require(try descriptor(of: "\(file.path)-wal"))
        let kept = dup(log)
        let broken = open("\(file.path)-wal", O_RDONLY)
        #expect(dup2(broken, log) == log)
        let error = await #expect(throws: DatastoreError.self) { _ = try await write(2) }
        guard case .unavailable(let words) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(words.contains("the disk failed"))
        #expect(dup2(kept, log) == log)
        for descriptor in [kept, broken] { close(descriptor) }
        _ = try await write(3)
        let numbers = { @Sendable (session: Session) in
            try session.rows("SELECT thing FROM things ORDER BY thing").map { try $0.integer("thing") }
        }
        #expect(try await engine.read(numbers) == [1, 3])
        try engine.close()
        #expect(try await file.engine().read(numbers) == [1, 3])
    }

    private func descriptor(of path: String) throws -> Int32? {
        let own = "/proc/self/fd"
        let wanted = URL(filePath: path).resolvingSymlinksInPath().path
        return try FileManager.default.contentsOfDirectory(atPath: own).first { name in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(own)/\(name)")) == wanted
        }.flatMap { Int32($0) }
    }
}
