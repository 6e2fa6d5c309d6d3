import Foundation

// Files that must go, or go somewhere else. The type is in `DurableFile.swift`.

extension DurableFile {
    /// Overwrites a file with zeros and removes it.
    ///
    /// - Returns: false when there is no such file.
    package static func destroy(_ path: String) throws(DurableFileError) -> Bool {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return false }
            throw .last(.open, path)
        }
        defer { close(file) }
        let size = max(0, lseek(file, 0, SEEK_END))
        lseek(file, 0, SEEK_SET)
        try writeAll([UInt8](repeating: 0, count: Int(size)), to: file, path: path)
        guard fsync(file) == 0 else { throw .last(.sync, path) }
        guard unlink(path) == 0 else { throw .last(.write, path) }
        try syncFolder(of: path)
        return true
    }

    /// Moves a file or folder within a file system.
    package static func move(_ path: String, to target: String) throws(DurableFileError) {
        guard rename(path, target) == 0 else { throw .last(.rename, path) }
        try syncFolder(of: path)
        try syncFolder(of: target)
    }
}
