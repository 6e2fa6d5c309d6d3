import Foundation
import Synchronization

/// The file that a connection writes, and its write-ahead log: whether they are still where their names say.
///
/// SQLite goes on with a file that was deleted, moved or replaced under it, as any program does with an open file, and what
/// it commits then is gone with the process. A node has acknowledged that by then. So its writer looks before each
/// transaction, which costs two calls of the system.
struct OpenedFile {
    private let path: String
    private let file: Place?
    private var log: Place?

    /// Which file it is, whatever its name.
    private struct Place: Equatable {
        let device: UInt64
        let number: UInt64

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino))
        }
    }

    /// - Parameter path: of a file that was just opened.
    init(_ path: String) {
        self.path = path
        file = Place(path)
    }

    /// - Throws: `.unavailable` where something else, or nothing, has the file's name or its log's.
    mutating func check() throws(DatastoreError) {
        guard let file else { return }
        let name = "\(path)-wal"
        guard Place(path) == file else { throw Self.gone(path) }
        // It is made with the first transaction, and stays until the last process has closed the file.
        let now = Place(name)
        guard log == nil || now == log else { throw Self.gone(name) }
        log = now
    }

    /// Why nothing more may be written, if so.
    mutating func reasonOfLoss() -> String? {
        do throws(DatastoreError) { try check() } catch .unavailable(let words) { return words } catch {
            return "\(error)"
        }
        return nil
    }

    private static func gone(_ path: String) -> DatastoreError {
        .unavailable(
            "\(path) was deleted, moved or replaced while it is in use, and what is written now would be lost: stop the "
                + "node, put the file back, and start it again")
    }
}

/// Looks once a second whether an engine's file is still where its name says, until the engine is closed: a node must not go
/// on without it, also where it writes nothing.
final class FileWatch: Sendable {
    private let file: Mutex<OpenedFile?>

    private static let pause = Duration.seconds(1)

    init(_ path: String) {
        var opened = OpenedFile(path)
        // Which log it has by now.
        _ = opened.reasonOfLoss()
        file = Mutex(opened)
    }

    /// Closing the file deletes its write-ahead log, so this comes first.
    ///
    /// - Returns: why the file must not be used any more.
    func end() -> String? {
        file.withLock { file in
            defer { file = nil }
            return file?.reasonOfLoss()
        }
    }

    /// - Returns: why the file must not be used any more; nil once the watch or the caller's task has ended.
    func awaitLoss() async -> String? {
        while (try? await Task.sleep(for: Self.pause)) != nil {
            let (reason, hasEnded) = file.withLock { ($0?.reasonOfLoss(), $0 == nil) }
            if reason != nil || hasEnded { return reason }
        }
        return nil
    }
}
