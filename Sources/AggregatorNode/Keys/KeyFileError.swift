import DurableFiles
import Encodings
import InputFiles

/// What is wrong with a key file. Never carries key material.
package enum KeyFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file is not there; `hint` says how to make it.
    case missing(path: String, hint: String)
    /// The file cannot be written.
    case file(DurableFileError)
    /// The file cannot be read, or is not text.
    case input(InputFileError)
    /// The file's content is not of its kind.
    case malformed(path: String, reason: String)
    /// Other users of this machine can read the file.
    case exposed(path: String, mode: UInt16)
    /// A key file is about to be made where one exists already; keys are never overwritten.
    case exists(path: String)

    package var description: String {
        switch self {
        case .missing(let path, let hint): "\(path): no such file; \(hint)"
        case .file(let error): error.description
        case .input(let error): error.description
        case .malformed(let path, let reason): "\(path): \(reason)"
        case .exposed(let path, let mode):
            "\(path): readable by other users (mode \(String(mode, radix: 8))); run: \(ShellWords.line(["chmod", "600", ShellWords.path(path)]))"
        case .exists(let path): "\(path): exists already; keys are never overwritten"
        }
    }
}
