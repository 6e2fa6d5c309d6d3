import DAP

/// Why a storage operation failed. Nothing of a failed operation is stored: each is one transaction.
package enum DatastoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// SQLite refused; `code` is its extended result code (full disk, locked by another process, damaged file, …).
    case database(code: Int32, message: String)
    /// A row does not have the form that this version writes.
    case corrupt(String)
    /// A number is too large for a signed 64-bit column.
    case outOfRange(field: String)
    /// The stored state contradicts the request, for instance another task under the same id.
    case conflict(String)
    /// The node has ended this task meanwhile.
    case notServed(TaskID)
    /// The caller's task was cancelled before the operation took place.
    case cancelled

    package var description: String {
        switch self {
        case .database(let code, let message): "database error \(code): \(message)"
        case .corrupt(let what): "the database holds something unreadable: \(what)"
        case .outOfRange(let field): "\(field) does not fit a signed 64-bit column"
        case .conflict(let what): what
        case .notServed(let id): "task \(id.base64URL) is not served any more"
        case .cancelled: "the operation was cancelled"
        }
    }
}
