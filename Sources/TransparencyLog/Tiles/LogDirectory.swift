// Files that survive a power cut.
//
// A file that readers may trust must appear whole or not at all, and must stay once it has appeared. So every file is
// written under a temporary name, forced to disk (fsync), renamed to its place, and the directories that now name it are
// forced to disk as well. After a crash there are whole files and stray temporaries, never half a tile. Temporaries live
// in one folder of their own, so that cleaning up needs no walk over the log.

import Foundation

/// An operation on a file that the operating system refused.
package struct FileFailure: Error, Equatable, CustomStringConvertible {
    /// What was tried, e.g. `rename`.
    package let operation: String
    package let path: String
    /// The operating system's error number.
    package let errno: Int32

    package var description: String {
        "\(operation) \(path): \(String(cString: strerror(errno)))"
    }
}

/// The directory that a log is published from.
package struct LogDirectory: Sendable {
    /// Path of the directory.
    package let root: String

    private static let temporaries = ".tmp"

    package init(root: String) {
        self.root = root
    }

    /// The whole file at `path` below the directory, or nil if there is none.
    package func read(_ path: String) throws(FileFailure) -> [UInt8]? {
        let descriptor = open(absolute(path), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure("open", path)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        let chunk = 1 << 16
        while true {
            let start = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: chunk))
            let count = bytes.withUnsafeMutableBytes { buffer in
                Foundation.read(descriptor, buffer.baseAddress?.advanced(by: start), chunk)
            }
            if count < 0, errno == EISDIR { return nil }
            guard count >= 0 || errno == EINTR else { throw failure("read", path) }
            bytes.removeLast(chunk - max(count, 0))
            if count == 0 { return bytes }
        }
    }

    /// Puts files in place. When this returns, each of them is on disk, whole, under its name; when it throws, each is
    /// either so or as it was before. A file that already holds the same bytes is left alone.
    package func write(_ files: [(path: String, bytes: [UInt8])]) throws(FileFailure) {
        var directories: Set<String> = []
        for file in files {
            // An earlier process may have died between its rename and its fsync, so the directories are forced to disk
            // even when the file is there already.
            directories.formUnion(ancestors(file.path))
            guard try read(file.path) != file.bytes else { continue }
            let temporary = LogDirectory.temporaries + "/" + String(UInt64.random(in: 0 ... .max), radix: 16)
            try makeDirectory(absolute(LogDirectory.temporaries))
            try makeDirectory(absolute(parent(file.path)))
            try writeNew(temporary, file.bytes)
            guard rename(absolute(temporary), absolute(file.path)) == 0 else { throw failure("rename", file.path) }
        }
        for directory in directories.sorted() { try sync(directory) }
    }

    /// Creates the directory itself where needed, and removes what an interrupted write left behind. No one else may
    /// be writing.
    package func prepare() throws(FileFailure) {
        try makeDirectory(root)
        try sync("")
        remove(LogDirectory.temporaries)
    }

    /// Removes a folder with all that is in it; what cannot be removed stays.
    package func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: absolute(path))
    }

    private func writeNew(_ path: String, _ bytes: [UInt8]) throws(FileFailure) {
        let descriptor = open(absolute(path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("create", path) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Foundation.write(descriptor, buffer.baseAddress?.advanced(by: written), bytes.count - written)
            }
            guard count >= 0 || errno == EINTR else { throw failure("write", path) }
            written += max(count, 0)
        }
        guard fsync(descriptor) == 0 else { throw failure("fsync", path) }
    }

    private func makeDirectory(_ path: String) throws(FileFailure) {
        if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw FileFailure(operation: "mkdir", path: path, errno: errno)
        }
        try makeDirectory(String(path[..<slash]))
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw FileFailure(operation: "mkdir", path: path, errno: errno)
        }
    }

    private func sync(_ path: String) throws(FileFailure) {
        let descriptor = open(absolute(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("fsync", path) }
    }

    private func parent(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    /// The directories on the way to a file, the root ("") included.
    private func ancestors(_ path: String) -> [String] {
        let parent = parent(path)
        return parent.isEmpty ? [""] : ancestors(parent) + [parent]
    }

    private func absolute(_ path: String) -> String {
        path.isEmpty ? root : root + "/" + path
    }

    private func failure(_ operation: String, _ path: String) -> FileFailure {
        FileFailure(operation: operation, path: absolute(path), errno: errno)
    }
}
