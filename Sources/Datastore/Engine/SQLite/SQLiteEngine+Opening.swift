import Foundation
import GRDB

extension SQLiteEngine {
    /// Opens the file, creating it where it is missing.
    ///
    /// Several processes may open a new file at once: one after the other makes what is missing.
    ///
    /// - Parameters:
    ///   - looking: may refuse the file, before it is opened for writing: that would already change one that is somebody
    ///     else's. Says whether nobody else may have it open.
    ///   - preparing: brings its tables up to date.
    package static func open(
        path: String, settings: SQLiteSettings = SQLiteSettings(), looking: (Session) throws -> Bool = { _ in false },
        preparing: (SQLiteEngine) throws -> Void
    ) throws(DatastoreError) -> SQLiteEngine {
        do {
            try refuseWhatIsNoFile(path)
            let turn = try OpeningTurn(path: path, patience: .seconds(settings.patience))
            defer { turn.end() }
            return try turn.repeatingWhileBusy {
                try createPrivately(path)
                try look(at: path, looking)
                let pool = try DatabasePool(path: path, configuration: settings.configuration())
                try SQLiteSettings.requireDurability(pool)
                let engine = SQLiteEngine(pool, settings)
                do {
                    try preparing(engine)
                } catch {
                    try? engine.close()
                    throw error
                }
                return engine
            }
        } catch {
            throw .sqlite(error)
        }
    }

    private static func look(at path: String, _ looking: (Session) throws -> Bool) throws {
        try undoWhatWasCutOff(path)
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        let mustBeAlone = try queue.inDatabase { try looking(Session(SQLiteConnection($0))) }
        try queue.close()
        guard mustBeAlone else { return }
        // Whoever has the file open holds a lock on it. Nobody can open it now, so this stays true.
        let only = try DatabaseQueue(path: path)
        try only.inDatabase { try $0.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK") }
        try only.close()
    }

    /// A program that was killed before the write-ahead log was turned on, at the first start on a file, leaves a journal of
    /// what it was changing. Nobody can read the file until somebody who may write has put that back.
    private static func undoWhatWasCutOff(_ path: String) throws {
        guard access("\(path)-journal", F_OK) == 0 else { return }
        let queue = try DatabaseQueue(path: path)
        try queue.inDatabase { try $0.execute(sql: "SELECT * FROM sqlite_master LIMIT 1") }
        try queue.close()
    }

    /// SQLite calls a folder or a device a disk that fails, and reads a pipe for ever.
    private static func refuseWhatIsNoFile(_ path: String) throws(DatastoreError) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return
        case S_IFDIR: throw .unsuitable("this is a folder: name a file in it")
        default: throw .unsuitable("this is no file, but a pipe, a device or a socket: name a file")
        }
    }

    /// The file holds shares and verification keys, so only its owner may read it. SQLite gives its journal files the mode of
    /// the database file: creating that one first covers all.
    static func createPrivately(_ path: String) throws {
        // Only a file that was not there is opened: to close one that is there would drop the locks that this process
        // has on it.
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor < 0 else {
            Foundation.close(descriptor)
            return
        }
        guard errno == EEXIST else {
            throw DatastoreError.unavailable("\(path) cannot be created: \(String(cString: strerror(errno)))")
        }
    }
}
