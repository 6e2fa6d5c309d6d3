import Foundation
import Synchronization

/// One node at a time works on a file: the claim that its process has made, an exclusive `flock` on `<file>.lock`, which the
/// system takes back from a process that dies.
///
/// A file beside the database and not the database itself: a process that closes any descriptor of that one loses SQLite's
/// locks on it. And not the node's data folder: two configurations with folders of their own may name one database.
final class FileClaim: Sendable {
    private let file: String
    private let descriptor = Mutex<Int32?>(nil)

    /// - Parameter path: of the database's file, which is there.
    init(of path: String) {
        // Whatever names the file has, links among them, the claim has one.
        let resolved = realpath(path, nil)
        defer { free(resolved) }
        file = (resolved.map { String(cString: $0) } ?? path) + ".lock"
    }

    deinit { release() }

    /// Makes the claim. Repeating it is harmless.
    ///
    /// - Throws: `.unsuitable` where another process has it.
    func take() throws(DatastoreError) {
        try descriptor.withLock { held throws(DatastoreError) in
            guard held == nil else { return }
            let opened = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard opened >= 0 else { throw .unavailable("\(file) cannot be made: \(String(cString: strerror(errno)))") }
            guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
                let reason = errno
                close(opened)
                guard reason == EWOULDBLOCK else {
                    throw .unavailable("\(file) cannot be locked: \(String(cString: strerror(reason)))")
                }
                throw .unsuitable(
                    "another process runs a node on this file: each node has a database of its own, and one process")
            }
            held = opened
        }
    }

    /// Ends the claim, if there is one.
    func release() {
        descriptor.withLock { held in
            if let held { close(held) }
            held = nil
        }
    }
}
