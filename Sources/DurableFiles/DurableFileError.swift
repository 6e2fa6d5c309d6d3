import Foundation

/// A file operation that failed, with the path and the system's reason.
package struct DurableFileError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Operation: String, Sendable {
        case createDirectory = "create the folder"
        case open, write, sync, replace, rename, read
        case tooLong = "read (it is longer than expected)"
    }

    package var operation: Operation
    package var path: String
    package var reason: String
    /// The system's error number; 0 where the refusal is our own.
    package var errno: Int32 = 0

    package var description: String { "cannot \(operation.rawValue) \(path): \(reason)" }

    /// What the system has just refused.
    package static func last(_ operation: Operation, _ path: String) -> DurableFileError {
        let code = Foundation.errno
        return DurableFileError(operation: operation, path: path, reason: String(cString: strerror(code)), errno: code)
    }
}
