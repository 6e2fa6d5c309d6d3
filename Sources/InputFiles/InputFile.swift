// Files that a person names: on the command line, in the environment, in a configuration file.
//
// They come from anywhere: another platform, an editor that writes byte order marks, a pipe (`<(pass show cairn)`), the
// standard input, the wrong folder. So there is one reader for all of them. It knows what a path means (`-`, `~/…`, links),
// reads pipes, whose size nobody knows, without reading more than the caller can bear, and says what is wrong in words that
// a person can act on. What is text and what is not is decided in `InputText.swift`.

import DurableFiles
import Foundation
import Synchronization

package enum InputFile {
    /// The name under which the standard input is read.
    package static let standardInput = "-"

    /// What one reading of a file found.
    package struct Contents: Sendable {
        package let bytes: [UInt8]
        /// Who may do what with the file, as nine bits; nil for pipes and devices, of which it says nothing.
        package let mode: UInt16?
    }

    /// All of a file of at most `limit` bytes: a model, a tensor, a receipt.
    package static func bytes(_ path: String, upTo limit: Int = 1 << 30) throws(InputFileError) -> [UInt8] {
        try contents(path, upTo: limit).bytes
    }

    /// All of a file of at most `limit` bytes, and its mode at the moment it was read.
    package static func contents(_ path: String, upTo limit: Int) throws(InputFileError) -> Contents {
        if path == standardInput {
            guard claimStandardInput() else { throw InputFileError(path, .readTwice) }
            return try read(STDIN_FILENO, path, limit)
        }
        guard !path.isEmpty else { throw InputFileError(path, .noName) }
        var file = open(HomeFolder.expand(path), O_RDONLY | O_CLOEXEC)
        while file < 0, errno == EINTR { file = open(HomeFolder.expand(path), O_RDONLY | O_CLOEXEC) }
        guard file >= 0 else { throw InputFileError(path, system: errno) }
        defer { close(file) }
        return try read(file, path, limit)
    }

    /// All of a text file, with its lines ended by line feeds and without a byte order mark.
    package static func text(_ path: String, upTo limit: Int = 64 << 20) throws(InputFileError) -> String {
        try text(of: try bytes(path, upTo: limit), named: path)
    }

    /// The one line of a file that holds a key, a token or a seed, without white space at either end.
    package static func line(_ path: String, upTo limit: Int = 64 << 10) throws(InputFileError) -> String {
        try line(of: try contents(path, upTo: limit), named: path)
    }

    /// ``line(_:upTo:)`` of what was read already.
    package static func line(of contents: Contents, named path: String) throws(InputFileError) -> String {
        guard let line = InputText.onlyLine(of: try text(of: contents.bytes, named: path)) else {
            throw InputFileError(path, .notOneLine)
        }
        return line
    }

    /// The first line of a file, with all its white space: a passphrase may end in a blank.
    package static func firstLine(_ path: String, upTo limit: Int = 64 << 10) throws(InputFileError) -> String {
        let text = try text(path, upTo: limit)
        return String(text.prefix { $0 != "\n" })
    }

    /// The text that a file's bytes stand for.
    package static func text(of bytes: [UInt8], named path: String) throws(InputFileError) -> String {
        do throws(InputText.Problem) { return try InputText.decode(bytes) } catch {
            throw InputFileError(path, .notText(error))
        }
    }

    private static func read(_ file: Int32, _ path: String, _ limit: Int) throws(InputFileError) -> Contents {
        var status = stat()
        guard fstat(file, &status) == 0 else { throw InputFileError(path, system: errno) }
        let isRegular = status.st_mode & S_IFMT == S_IFREG
        do throws(DurableFileError) {
            return Contents(
                bytes: try DurableFile.readAll(from: file, path: path, upTo: limit),
                mode: isRegular ? UInt16(truncatingIfNeeded: status.st_mode & 0o777) : nil)
        } catch {
            throw error.operation == .tooLong
                ? InputFileError(path, .tooLong(limit: limit)) : InputFileError(path, system: error.errno)
        }
    }

    // MARK: The standard input

    private static let standardInputIsTaken = Mutex(false)

    /// What came from the standard input is gone: a second reader would find nothing, and take that for an empty file.
    private static func claimStandardInput() -> Bool {
        standardInputIsTaken.withLock { isTaken in
            defer { isTaken = true }
            return !isTaken
        }
    }
}
