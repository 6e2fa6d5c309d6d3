// Files that are there, whole, after a power cut.
//
// A file that somebody will trust must appear whole or not at all, and must stay once it has appeared. So it is written
// beside its place, forced to the disk (fsync), renamed into its place, and the folder that now names it is forced to the
// disk as well: without the last step a power cut can take back the rename, and a receipt that was counted, or a key that
// was used, would never have been there. After a crash there are whole files and stray drafts, never half a file.
//
// Everything that keeps such files does it with this module. What a file means, and what its loss would mean, is said
// where it is kept.

import Foundation

package enum DurableFile {
    /// Replaces `path` by `bytes`. A reader sees the old file or the new one, never a part; after a failure, the old one.
    /// A link stays, and the file that it names is replaced.
    ///
    /// - Parameter mode: what the file gets, whatever the process's umask; nil keeps the mode of the file that is there,
    ///   and gives a new one what files usually get.
    package static func write(_ bytes: [UInt8], to path: String, mode: UInt16?) throws(DurableFileError) {
        let target = try target(of: path)
        try place(bytes, at: target, draft: draft(beside: target), mode: mode, named: path)
        try syncFolder(of: target)
    }

    /// ``write(_:to:mode:)`` without its last step, for callers that force the folders of many files to the disk at once.
    ///
    /// - Parameters:
    ///   - draft: where the file is written first, on the same file system.
    ///   - name: what errors call the file, where that is not `path`. Nobody asked for the draft, whose name is another
    ///     each time: an error that named it would be news each time.
    package static func place(
        _ bytes: [UInt8], at path: String, draft: String, mode: UInt16?, named name: String? = nil
    ) throws(DurableFileError) {
        let name = name ?? path
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode ?? 0o644))
        guard file >= 0 else { throw .last(.open, name) }
        defer { close(file) }
        do throws(DurableFileError) {
            try writeAll(bytes, to: file, path: name)
            // The umask may have taken bits away or left none; the mode asked for is a promise.
            if let mode = mode.map({ mode_t($0) }) ?? Self.mode(of: path) {
                guard fchmod(file, mode) == 0 else { throw .last(.write, name) }
            }
            try settle(file, draft, at: path, .replacing, named: name)
        } catch {
            unlink(draft)
            throw error
        }
    }

    /// Makes a file that is not there yet; its owner's alone from the first moment where the mode says so. A reader sees no
    /// file or the whole one, and of several processes that make it at once one does. A link to nothing gets its file.
    ///
    /// - Throws: also where the file exists, with the number `EEXIST`; whatever else fails leaves no file.
    package static func create(_ bytes: [UInt8], at path: String, mode: UInt16) throws(DurableFileError) {
        let target = try target(of: path)
        let draft = draft(beside: target)
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode))
        guard file >= 0 else { throw .last(.open, path) }
        defer {
            close(file)
            unlink(draft)
        }
        try writeAll(bytes, to: file, path: path)
        try settle(file, draft, at: target, .creating, named: path)
        do throws(DurableFileError) { try syncFolder(of: target) } catch {
            unlink(target)
            throw error
        }
    }

    /// Gives its place to a file that somebody else has written whole beside it, such as a database engine's copy. After a
    /// failure the draft is gone as well.
    ///
    /// - Throws: also where a file is in the way that must not be replaced, with the number `EEXIST`.
    package static func adopt(_ draft: String, as path: String, _ arrival: Arrival) throws(DurableFileError) {
        defer { unlink(draft) }
        let target = try target(of: path)
        let file = open(draft, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .last(.open, path) }
        defer { close(file) }
        try settle(file, draft, at: target, arrival, named: path)
        try syncFolder(of: target)
    }

    /// What may be where a file goes.
    package enum Arrival: Sendable {
        /// Nothing, or the file that it replaces.
        case replacing
        /// Nothing.
        case creating
    }

    /// Forces a draft to the disk, and then gives it its name: the one way by which a durable file appears. The draft's own
    /// name may still be there.
    private static func settle(
        _ file: Int32, _ draft: String, at path: String, _ arrival: Arrival, named name: String
    ) throws(DurableFileError) {
        guard fsync(file) == 0 else { throw .last(.sync, name) }
        switch arrival {
        case .replacing: guard rename(draft, path) == 0 else { throw .last(.replace, name) }
        case .creating: guard link(draft, path) == 0 else { throw .last(.open, name) }
        }
    }

    private static func draft(beside path: String) -> String { path + ".\(UInt64.random(in: .min ... .max)).tmp" }

    /// Writes over a part of a file, and forces that to the disk. After a failure, or a crash on the way, nobody knows what
    /// the part holds: whoever reads it needs to see that it is whole, and another part to fall back on.
    ///
    /// Cheaper than ``write(_:to:mode:)``: neither the folder nor the file's size changes.
    ///
    /// - Throws: also where the file is not there, or ends before the part does.
    package static func overwrite(
        _ bytes: [UInt8], at offset: Int, of path: String
    ) throws(DurableFileError) {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw .last(.open, path) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .last(.write, path) }
        guard Int(status.st_size) >= offset + bytes.count else {
            throw DurableFileError(operation: .write, path: path, reason: "the file is shorter than it was")
        }
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                pwrite(file, $0.baseAddress, $0.count, off_t(offset + done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .last(.write, path) }
            done += count
        }
        guard fdatasync(file) == 0 else { throw .last(.sync, path) }
    }

    /// The file's bytes, or nil when there is no such file. Files longer than `limit` are an error.
    package static func read(_ path: String, upTo limit: Int) throws(DurableFileError) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .last(.open, path)
        }
        defer { close(file) }
        return try readAll(from: file, path: path, upTo: limit)
    }

    /// All that an open file, pipe or device gives until its end. Its size is not asked for: pipes have none.
    ///
    /// - Parameter path: what the error names.
    package static func readAll(
        from file: Int32, path: String, upTo limit: Int
    ) throws(DurableFileError) -> [UInt8] {
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = chunk.withUnsafeMutableBytes { Foundation.read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .last(.read, path) }
            if count == 0 { return result }
            guard result.count + count <= limit else {
                throw DurableFileError(operation: .tooLong, path: path, reason: "more than \(limit) bytes")
            }
            result.append(contentsOf: chunk[..<count])
        }
    }

    /// Writes all of `bytes` to an open file, or throws; the caller says what becomes of a part.
    ///
    /// - Parameter path: what the error names.
    package static func writeAll(_ bytes: [UInt8], to file: Int32, path: String) throws(DurableFileError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .last(.write, path) }
            offset += count
        }
    }

    private static func mode(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : nil
    }
}
