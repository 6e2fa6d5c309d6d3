// The files of a log.
//
// A log's files are trusted by whoever reads them, so each appears whole or not at all (`DurableFile`). A checkpoint puts
// many in place at once: their folders are forced to disk together, behind the last of them. Drafts live in one folder of
// their own, so that cleaning up after a crash needs no walk over the log.

import DurableFiles
import Foundation

/// The directory that a log is published from.
package struct LogDirectory: Sendable {
    /// Path of the directory.
    package let root: String

    private static let temporaries = ".tmp"

    package init(root: String) {
        self.root = root
    }

    /// The whole file at `path` below the directory, or nil if there is none.
    package func read(_ path: String) throws(DurableFileError) -> [UInt8]? {
        do throws(DurableFileError) {
            return try DurableFile.read(absolute(path), upTo: .max)
        } catch {
            guard error.errno == ENOTDIR || error.errno == EISDIR else { throw error }
            return nil
        }
    }

    /// Puts files in place. When this returns, each of them is on disk, whole, under its name; when it throws, each is
    /// either so or as it was before. A file that already holds the same bytes is left alone.
    package func write(_ files: [(path: String, bytes: [UInt8])]) throws(DurableFileError) {
        var directories: Set<String> = []
        for file in files {
            // An earlier process may have died between its rename and its fsync, so the directories are forced to disk
            // even when the file is there already.
            directories.formUnion(ancestors(file.path))
            guard try read(file.path) != file.bytes else { continue }
            let draft = LogDirectory.temporaries + "/" + String(UInt64.random(in: 0 ... .max), radix: 16)
            try DurableFile.createDirectories(absolute(LogDirectory.temporaries))
            try DurableFile.createDirectories(absolute(parent(file.path)))
            try DurableFile.place(file.bytes, at: absolute(file.path), draft: absolute(draft), mode: nil)
        }
        for directory in directories.sorted() { try DurableFile.syncDirectory(absolute(directory)) }
    }

    /// Creates the directory itself where needed, and removes what an interrupted write left behind. No one else may
    /// be writing.
    package func prepare() throws(DurableFileError) {
        try DurableFile.makeDirectory(root)
        try DurableFile.syncDirectory(root)
        remove(LogDirectory.temporaries)
    }

    /// Removes a folder with all that is in it; what cannot be removed stays.
    package func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: absolute(path))
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
}
