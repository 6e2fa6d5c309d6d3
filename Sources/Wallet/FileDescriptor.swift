import DurableFiles
import Foundation

/// An open file, closed with its last owner.
final class FileDescriptor: Sendable, WalletBytes {
    /// Where the file belongs.
    let path: String
    private let number: Int32

    /// - Parameter draft: where the file is until it is moved to its place.
    init(path: String, draft: String? = nil, flags: Int32) throws(WalletError) {
        number = open(draft ?? path, flags | O_CLOEXEC, 0o600)
        self.path = path
        if number < 0 {
            switch errno {
            case ENOENT: throw .missing(path: path)
            case EEXIST: throw .exists(path: path)
            default: throw Self.failure(path)
            }
        }
    }

    deinit { close(number) }

    func size() throws(WalletError) -> UInt64 { UInt64(max(0, try status().st_size)) }

    func bytes(at offset: UInt64, count: Int) throws(WalletError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let part = bytes.withUnsafeMutableBytes { buffer in
                pread(number, buffer.baseAddress.map { $0 + done }, count - done, off_t(offset) + off_t(done))
            }
            if part < 0, errno == EINTR { continue }
            guard part >= 0 else { throw Self.failure(path) }
            guard part > 0 else { throw .file(path: path, reason: "it became shorter while it was read") }
            done += part
        }
        return bytes
    }

    func write(_ bytes: [UInt8], at offset: UInt64) throws(WalletError) {
        var done = 0
        while done < bytes.count {
            let part = bytes.withUnsafeBytes { buffer in
                pwrite(number, buffer.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset) + off_t(done))
            }
            if part < 0, errno == EINTR { continue }
            guard part > 0 else { throw Self.failure(path) }
            done += part
        }
    }

    func truncate(to size: UInt64) throws(WalletError) {
        guard ftruncate(number, off_t(size)) == 0 else { throw Self.failure(path) }
    }

    /// Returns once everything that was written is on the disk.
    func synchronize() throws(WalletError) {
        guard fsync(number) == 0 else { throw Self.failure(path) }
    }

    /// Waits for a lock on the file among all processes, and among all descriptors of this one.
    ///
    /// - Parameter operation: `LOCK_SH` or `LOCK_EX`.
    func lock(_ operation: Int32) throws(WalletError) {
        while flock(number, operation) != 0 {
            guard errno == EINTR else { throw Self.failure(path) }
        }
    }

    func unlock() { flock(number, LOCK_UN) }

    /// Whether the path still names this file.
    func isAtItsPath() throws(WalletError) -> Bool {
        let mine = try status()
        var there = stat()
        return stat(path, &there) == 0 && there.st_ino == mine.st_ino && there.st_dev == mine.st_dev
    }

    /// Where a wallet at this path belongs, if the path is a link.
    static func target(of path: String) throws(WalletError) -> String {
        do throws(DurableFileError) {
            return try DurableFile.target(of: path)
        } catch {
            throw Self.failure(error)
        }
    }

    static func failure(_ error: DurableFileError) -> WalletError {
        .file(path: error.path, reason: error.errno == 0 ? error.reason : reason(error.errno))
    }

    static func failure(_ path: String) -> WalletError {
        .file(path: path, reason: reason(errno))
    }

    /// The system's reason, with what to do where its own words do not say it.
    private static func reason(_ code: Int32) -> String {
        switch code {
        case ENOSPC, EDQUOT: "the disk is full. Free some space, then run the command again"
        case EFBIG: "the file would be larger than is allowed (see ulimit -f)"
        default: String(cString: strerror(code)).lowercased()
        }
    }

    private func status() throws(WalletError) -> stat {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw Self.failure(path) }
        return status
    }
}
