import DurableFiles
import Foundation
import InputFiles

/// Files that a person names on the command line. Errors name the path and say what to do.
enum UserFile {
    /// Finds out, before something is done, that its result has a place to go.
    static func requireAbsent(_ path: String, option: String = "--out") throws {
        if !isStream(path), FileManager.default.fileExists(atPath: path) {
            throw CommandFailure("\(path) exists", advice: "Name another file with \(option).")
        }
    }

    /// Refuses to begin where one of several files that belong together is there: half of a pair of keys beside half of
    /// another is worse than none.
    static func requireFree(_ paths: [String]) throws {
        for path in paths where !isStream(path) && FileManager.default.fileExists(atPath: path) {
            throw CommandFailure(
                "\(path) exists already, and is not overwritten", advice: "Choose another name, or remove it first.")
        }
    }

    /// Reads all of a file of at most `limit` bytes that is not text.
    static func read(_ path: String, limit: Int = 1 << 30) throws -> [UInt8] {
        try reading { () throws(InputFileError) in try InputFile.bytes(path, upTo: limit) }
    }

    /// Reads a text file, whatever platform it is from.
    static func readText(_ path: String, limit: Int = 64 << 20) throws -> String {
        try reading { () throws(InputFileError) in try InputFile.text(path, upTo: limit) }
    }

    /// ``readText(_:limit:)`` as UTF-8, for decoders.
    static func readUTF8(_ path: String, limit: Int = 64 << 20) throws -> [UInt8] {
        Array(try readText(path, limit: limit).utf8)
    }

    /// A secret kept as one line of text: the line without its white space at either end.
    static func readLine(_ path: String) throws -> String {
        try reading { () throws(InputFileError) in try InputFile.line(path) }
    }

    private static func reading<Result>(_ body: () throws(InputFileError) -> Result) throws -> Result {
        do throws(InputFileError) { return try body() } catch {
            throw CommandFailure(error.sentence, advice: error.advice)
        }
    }

    static func create(_ path: String, _ contents: String, isSecret: Bool) throws {
        try create(path, Array(contents.utf8), isSecret: isSecret)
    }

    /// Creates a file that must not exist yet; `0600` from the first moment where it holds a secret.
    /// Pipes and devices that are there already get it instead, and so does the standard output (`-`).
    static func create(_ path: String, _ contents: [UInt8], isSecret: Bool) throws {
        if isStandardOutput(path) { return StandardOutput.shared.write(contents) }
        if isStream(path) { return try write(contents, toStream: path) }
        do throws(DurableFileError) {
            try DurableFile.create(contents, at: path, mode: isSecret ? 0o600 : 0o644)
        } catch {
            guard error.errno != EEXIST else {
                throw CommandFailure(
                    "\(path) exists already, and is not overwritten", advice: "Choose another name, or remove it first."
                )
            }
            throw CommandFailure(
                "\(path) cannot be \(error.operation == .open ? "created" : "written"): \(error.reason)")
        }
    }

    /// Whether a result that is named so goes where results go anyway.
    static func isStandardOutput(_ path: String) -> Bool {
        ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].contains(path)
    }

    /// Whether what is written there passes through: a pipe or a device, and no file.
    static func isStream(_ path: String) -> Bool {
        if isStandardOutput(path) || path == "/dev/stderr" { return true }
        var status = stat()
        return stat(path, &status) == 0 && [S_IFIFO, S_IFCHR].contains(status.st_mode & S_IFMT)
    }

    private static func write(_ contents: [UInt8], toStream path: String) throws {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw CommandFailure("\(path) cannot be written: \(DurableFileError.last(.open, path).reason)")
        }
        do throws(DurableFileError) {
            defer { close(file) }
            try DurableFile.writeAll(contents, to: file, path: path)
        } catch {
            throw CommandFailure("\(path) cannot be written: \(error.reason)")
        }
    }

    /// Says where a result is, for whoever does not have it before their eyes.
    static func announce(_ path: String, _ rest: String = "") {
        if !isStandardOutput(path) { Console.print(path + rest) }
    }

    /// Replaces a file in one step: readers see the old contents or the new, never a part.
    static func replace(_ path: String, _ contents: [UInt8]) throws {
        do throws(DurableFileError) {
            try DurableFile.write(contents, to: path, mode: nil)
        } catch {
            throw CommandFailure("\(path) cannot be written: \(error.reason)")
        }
    }

    /// Creates a folder and those above it; an existing one is left as it is.
    static func createFolder(_ path: String, permissions: UInt16 = 0o755) throws {
        do throws(DurableFileError) {
            try DurableFile.makeDirectory(path, mode: permissions)
        } catch {
            throw CommandFailure("the folder \(path) cannot be created: \(error.reason)")
        }
    }
}
