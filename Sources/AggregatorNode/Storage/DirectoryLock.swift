import DurableFiles
import Foundation

/// The right to be the one node that runs in a data folder; the system takes it back when the process ends, however
/// it ends.
package final class DirectoryLock: Sendable {
    private let file: Int32

    /// Nil when another process holds it.
    package init?(directory: String) throws(DurableFileError) {
        let path = "\(directory)/node.lock"
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .last(.open, path) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            return nil
        }
    }

    deinit { close(file) }
}
