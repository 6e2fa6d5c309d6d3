import Foundation

// Folders, which hold the names of files. (The type is in `DurableFile.swift`.)

extension DurableFile {
    /// Creates a folder and the ones above it, durably; an existing folder is left alone.
    ///
    /// - Parameter mode: what new folders get, whatever the process's umask.
    package static func makeDirectory(_ path: String, mode: UInt16 = 0o755) throws(DurableFileError) {
        for folder in try createDirectories(path, mode: mode) { try syncFolder(of: folder) }
        do throws(DurableFileError) {
            // An earlier process may have died between its mkdir and its fsync.
            try syncFolder(of: path)
        } catch {
            // Nothing was made here, and the folder above it is one that this user may pass through, but not read.
            guard error.operation == .open, error.errno == EACCES else { throw error }
        }
    }

    /// Creates a folder and the ones above it; the caller forces them to the disk.
    ///
    /// - Returns: the folders that were not there, from the top.
    @discardableResult
    package static func createDirectories(
        _ path: String, mode: UInt16 = 0o755
    ) throws(DurableFileError) -> [String] {
        try createDirectories(path, mode: mode, isBelowFolder: false)
    }

    /// - Parameter isBelowFolder: whether the folder above has just been made, or found.
    private static func createDirectories(
        _ path: String, mode: UInt16, isBelowFolder: Bool
    ) throws(DurableFileError) -> [String] {
        if mkdir(path, mode_t(mode)) == 0 {
            // The umask may have taken bits away.
            guard chmod(path, mode_t(mode)) == 0 else { throw .last(.createDirectory, path) }
            return [path]
        }
        switch errno {
        case EEXIST:
            var status = stat()
            guard stat(path, &status) == 0 else { throw .last(.createDirectory, path) }
            guard status.st_mode & S_IFMT == S_IFDIR else {
                errno = ENOTDIR
                throw .last(.createDirectory, path)
            }
            return []
        // Once: some folders are there and take none, as those of /proc, and say ENOENT for ever.
        case ENOENT where !isBelowFolder && folder(of: path) != path && path != "":
            let above = folder(of: path)
            guard above != "." else { throw .last(.createDirectory, path) }
            return try createDirectories(above, mode: mode)
                + createDirectories(path, mode: mode, isBelowFolder: true)
        default:
            throw .last(.createDirectory, path)
        }
    }

    /// Makes the name of a file or folder durable: what was created, renamed or removed in the folder that holds it stays
    /// so.
    package static func syncFolder(of path: String) throws(DurableFileError) {
        try syncDirectory(folder(of: path))
    }

    /// Makes the names in a folder durable.
    package static func syncDirectory(_ path: String) throws(DurableFileError) {
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw .last(.open, path) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw .last(.sync, path) }
    }

    /// The folder that holds a file.
    static func folder(of path: String) -> String {
        var rest = path[...]
        while rest.count > 1, rest.hasSuffix("/") { rest.removeLast() }
        guard let slash = rest.lastIndex(of: "/") else { return "." }
        var folder = rest[..<slash]
        while folder.hasSuffix("/") { folder.removeLast() }
        return folder.isEmpty ? "/" : String(folder)
    }
}
