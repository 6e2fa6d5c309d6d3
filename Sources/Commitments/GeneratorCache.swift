import DurableFiles
import Foundation
import Hashing

/// Chunks of generators in files, one each, which processes map instead of deriving them again.
///
/// A file holds the chunk as it lies in memory and then its SHA-256, and counts only if the digest fits, the file belongs
/// to this user or root, and nobody else may write to it. That finds damage, and keeps other users from planting
/// generators whose logarithms they know; whoever can write as this user could change the program as well. Anything
/// wrong with a file means that the chunk is derived again.
package struct GeneratorCache: Sendable {
    private static let digestSize = 32
    /// The format of the chunks, which depends on the machine.
    private static let format = "generators-v2-51le"

    private let folder: String

    /// - Parameter folder: Made when it is needed.
    package init(folder: String) {
        self.folder = folder + "/" + Self.format
    }

    /// `$CAIRN_CACHE`, `$XDG_CACHE_HOME/cairn` or `~/.cache/cairn`, the first that is set; nil if none is.
    package static let standard: GeneratorCache? = {
        let environment = ProcessInfo.processInfo.environment
        func path(_ variable: String, _ rest: String) -> String? {
            environment[variable].flatMap { $0.isEmpty ? nil : $0 + rest }
        }
        return (path("CAIRN_CACHE", "") ?? path("XDG_CACHE_HOME", "/cairn") ?? path("HOME", "/.cache/cairn"))
            .map { GeneratorCache(folder: $0) }
    }()

    package func path(chunk: Int) -> String {
        "\(folder)/\(chunk).points"
    }

    /// Maps a chunk's file to `target`.
    ///
    /// - Precondition: `target` is the start of a page, and a chunk's size of memory there is the caller's.
    /// - Returns: false if there is no such file or it does not count; then `target` can be written as before.
    func map(chunk: Int, at target: UnsafeMutableRawPointer) -> Bool {
        let descriptor = open(path(chunk: chunk), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_uid == geteuid() || status.st_uid == 0, status.st_mode & (S_IWGRP | S_IWOTH) == 0,
            status.st_size == GeneratorTable.chunkSize + Self.digestSize
        else { return false }
        var digest = [UInt8](repeating: 0, count: Self.digestSize)
        guard pread(descriptor, &digest, digest.count, off_t(GeneratorTable.chunkSize)) == digest.count else {
            return false
        }
        let protection = PROT_READ | PROT_WRITE
        let flags = MAP_PRIVATE | MAP_FIXED
        guard mmap(target, GeneratorTable.chunkSize, protection, flags, descriptor, 0) != MAP_FAILED else {
            return false
        }
        // A private mapping shows later changes of the file, so what was checked must be what is read: a file that others
        // may not write, as checked above, and that this program only ever replaces as a whole.
        if SHA2.sha256(UnsafeRawBufferPointer(start: target, count: GeneratorTable.chunkSize)) == digest {
            return true
        }
        _ = mmap(target, GeneratorTable.chunkSize, protection, flags | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        return false
    }

    /// Writes a chunk's file, as a whole or not at all. A cache that cannot be written is no error.
    func store(chunk: Int, _ bytes: UnsafeRawBufferPointer) {
        try? DurableFile.makeDirectory(folder, mode: 0o700)
        // A link does not count (`map`), and what is written through it would take the place of something else.
        if (try? FileManager.default.destinationOfSymbolicLink(atPath: path(chunk: chunk))) != nil {
            unlink(path(chunk: chunk))
        }
        try? DurableFile.write([UInt8](bytes) + SHA2.sha256(bytes), to: path(chunk: chunk), mode: 0o600)
    }
}
