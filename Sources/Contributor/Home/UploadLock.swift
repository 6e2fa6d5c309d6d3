import Foundation

/// Says whether another upload out of the same home is under way: the file `uploads.lock` beside the wallet.
///
/// A report is in the wallet as `sent` before it leaves. While its process runs, the answer may still come; when the
/// process is gone, nobody will ever hear it. Every upload holds a shared `flock` on the file, which the system takes back
/// from a process that dies. Who gets the exclusive one for a moment knows that no other upload is under way.
final class UploadLock: Sendable {
    private let path: String
    private let descriptor: Int32

    /// - Parameter wallet: the path of the wallet.
    init(wallet: String) throws(ContributorError) {
        path = URL(fileURLWithPath: wallet).deletingLastPathComponent().path + "/uploads.lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(path: path, reason: String(cString: strerror(errno))) }
    }

    deinit { close(descriptor) }

    /// Whether no other upload is under way. If so, none begins before ``join()``, which must follow soon.
    func tryAlone() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    /// This upload is under way, until ``release()``.
    func join() throws(ContributorError) {
        while flock(descriptor, LOCK_SH) != 0 {
            guard errno == EINTR else { throw .file(path: path, reason: String(cString: strerror(errno))) }
        }
    }

    func release() { flock(descriptor, LOCK_UN) }
}
