import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file operation that failed, with the path and the system's reason.
package struct DurableFileError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Operation: String, Sendable {
        case createDirectory = "create the folder"
        case open, write, sync, rename, read
        case tooLong = "read (it is longer than expected)"
    }

    package var operation: Operation
    package var path: String
    package var reason: String

    package var description: String { "cannot \(operation.rawValue) \(path): \(reason)" }

    static func last(_ operation: Operation, _ path: String) -> DurableFileError {
        DurableFileError(operation: operation, path: path, reason: String(cString: strerror(errno)))
    }
}

/// Files that are there, whole, after a power cut: written beside, synced, renamed, and the folder synced.
package enum DurableFile {
    /// Replaces `path` by `bytes`. A reader sees the old file or the new one, never a part.
    package static func write(_ bytes: [UInt8], to path: String, mode: UInt16) throws(DurableFileError) {
        let temporary = path + ".\(UInt64.random(in: .min ... .max)).tmp"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode))
        guard file >= 0 else { throw .last(.open, temporary) }
        do throws(DurableFileError) {
            try writeAll(bytes, to: file, path: temporary)
            // The process's umask may have taken bits away or left none; the mode asked for is a promise.
            guard fchmod(file, mode_t(mode)) == 0 else { throw .last(.write, temporary) }
            guard fsync(file) == 0 else { throw .last(.sync, temporary) }
            guard rename(temporary, path) == 0 else { throw .last(.rename, path) }
        } catch {
            close(file)
            unlink(temporary)
            throw error
        }
        close(file)
        try syncDirectory(parent(of: path))
    }

    /// Creates a folder and the ones above it; an existing folder is left alone.
    package static func makeDirectory(_ path: String, mode: UInt16 = 0o755) throws(DurableFileError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: NSNumber(value: mode)])
        } catch {
            throw DurableFileError(operation: .createDirectory, path: path, reason: error.localizedDescription)
        }
        try syncDirectory(parent(of: path))
    }

    /// Overwrites a file with zeros and removes it.
    ///
    /// - Returns: false when there is no such file.
    package static func destroy(_ path: String) throws(DurableFileError) -> Bool {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return false }
            throw .last(.open, path)
        }
        let size = max(0, lseek(file, 0, SEEK_END))
        lseek(file, 0, SEEK_SET)
        do throws(DurableFileError) {
            try writeAll([UInt8](repeating: 0, count: Int(size)), to: file, path: path)
            guard fsync(file) == 0 else { throw .last(.sync, path) }
        } catch {
            close(file)
            throw error
        }
        close(file)
        guard unlink(path) == 0 else { throw .last(.write, path) }
        try syncDirectory(parent(of: path))
        return true
    }

    /// Moves a file or folder within a file system.
    package static func move(_ path: String, to target: String) throws(DurableFileError) {
        guard rename(path, target) == 0 else { throw .last(.rename, path) }
        try syncDirectory(parent(of: path))
        try syncDirectory(parent(of: target))
    }

    /// The file's bytes, or nil when there is no such file. Files longer than `limit` are an error.
    package static func read(_ path: String, upTo limit: Int) throws(DurableFileError) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .last(.open, path)
        }
        defer { close(file) }
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let capacity = chunk.count
            let count = chunk.withUnsafeMutableBytes { buffer in
                #if canImport(Darwin)
                    Darwin.read(file, buffer.baseAddress, capacity)
                #elseif canImport(Musl)
                    Musl.read(file, buffer.baseAddress, capacity)
                #else
                    Glibc.read(file, buffer.baseAddress, capacity)
                #endif
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .last(.read, path) }
            if count == 0 { return result }
            guard result.count + count <= limit else {
                throw DurableFileError(operation: .tooLong, path: path, reason: "more than \(limit) bytes")
            }
            result.append(contentsOf: chunk[..<count])
        }
    }

    private static func writeAll(_ bytes: [UInt8], to file: Int32, path: String) throws(DurableFileError) {
        var offset = 0
        while offset < bytes.count {
            let start = offset
            let count = bytes.withUnsafeBytes { buffer in
                #if canImport(Darwin)
                    Darwin.write(file, buffer.baseAddress?.advanced(by: start), buffer.count - start)
                #elseif canImport(Musl)
                    Musl.write(file, buffer.baseAddress?.advanced(by: start), buffer.count - start)
                #else
                    Glibc.write(file, buffer.baseAddress?.advanced(by: start), buffer.count - start)
                #endif
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .last(.write, path) }
            offset += count
        }
    }

    private static func syncDirectory(_ path: String) throws(DurableFileError) {
        let directory = open(path, O_RDONLY | O_CLOEXEC)
        guard directory >= 0 else { throw .last(.open, path) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw .last(.sync, path) }
    }

    private static func parent(of path: String) -> String {
        let folder = (path as NSString).deletingLastPathComponent
        return folder.isEmpty ? "." : folder
    }
}
