import Foundation
import GRDB

/// The right to open the database of a folder while no other process does: an exclusive `flock` on the folder, which the
/// system takes back from a process that dies.
///
/// SQLite alone does not order this. A process that turns the write-ahead log on while another one does the same is
/// refused at once, whatever its timeout, and two that find no tables both make them. Databases that are open already
/// are no hindrance, and are not hindered.
struct OpeningTurn {
    private let path: String
    private let folder: Int32
    private let deadline: ContinuousClock.Instant

    private static let pause: useconds_t = 10_000

    /// Waits for the turn.
    ///
    /// - Parameters:
    ///   - path: of the database's file.
    ///   - patience: how long this and ``repeatingWhileBusy(_:)`` wait together.
    init(path: String, patience: Duration) throws(DatastoreError) {
        self.path = path
        deadline = ContinuousClock.now + patience
        let name = URL(fileURLWithPath: path).deletingLastPathComponent().path
        folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else {
            throw .unavailable("\(name) cannot be opened: \(String(cString: strerror(errno)))")
        }
        while flock(folder, LOCK_EX | LOCK_NB) != 0 {
            let reason = errno
            guard reason == EWOULDBLOCK || reason == EINTR else {
                close(folder)
                throw .unavailable("\(name) cannot be locked: \(String(cString: strerror(reason)))")
            }
            guard ContinuousClock.now < deadline else {
                close(folder)
                throw .busy("another process has been opening a database in \(name) for \(patience)")
            }
            usleep(Self.pause)
        }
    }

    /// Ends the turn.
    func end() { close(folder) }

    /// Runs `body` again while SQLite says that the file is in use, as it is while the last process that used it closes
    /// it: that is outside of turns.
    func repeatingWhileBusy<Result>(_ body: () throws -> Result) throws -> Result {
        while true {
            do {
                return try body()
            } catch let error as DatabaseError
                where [.SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode) && ContinuousClock.now < deadline
            {
                usleep(Self.pause)
            }
        }
    }
}
