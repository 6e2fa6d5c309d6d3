import DurableFiles
import Foundation
import InputFiles

/// Files of a contributor's home that are not encrypted.
enum HomeFile {
    /// All of a text file, for decoders: people carry these between platforms.
    static func read(_ file: String) throws -> [UInt8] { Array(try text(file).utf8) }

    static func text(_ file: String) throws -> String {
        do throws(InputFileError) { return try InputFile.text(file) } catch { throw ContributorError.input(error) }
    }

    /// Replaces a file in one step: a crash leaves the old or the new contents. The folder must exist.
    static func write(_ contents: [UInt8], to file: String) throws {
        try reporting(file) { () throws(DurableFileError) in
            try DurableFile.write(contents, to: file, mode: 0o600)
        }
    }

    /// Does something while no other process, and nobody else in this one, does it in the same folder.
    static func locked<Result>(_ folder: String, _ body: () throws -> Result) throws -> Result {
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ContributorError.file(path: folder, reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else {
                throw ContributorError.file(path: folder, reason: String(cString: strerror(errno)))
            }
        }
        return try body()
    }

    static func createFolder(_ folder: String) throws {
        try reporting(folder) { () throws(DurableFileError) in
            try DurableFile.makeDirectory(folder, mode: 0o700)
        }
    }

    private static func reporting(_ path: String, _ body: () throws(DurableFileError) -> Void) throws {
        do throws(DurableFileError) {
            try body()
        } catch {
            throw ContributorError.file(path: path, reason: error.reason)
        }
    }

    /// Names in a folder, sorted; none where the folder does not exist.
    static func names(in folder: String, suffix: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(suffix) }.sorted()
    }
}
