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
        case .database(let code, let message): Self.words(code) ?? "the database refused: \(message)"
        case .corrupt(let what): "the database holds something unreadable: \(what)"
        case .outOfRange(let field): "\(field) does not fit a signed 64-bit column"
        case .conflict(let what): what
        case .notServed(let id): "task \(id.base64URL) is not served any more"
        case .cancelled: "the operation was cancelled"
        }
    }

    /// What SQLite's result codes mean to an operator (its low byte is the kind); nil where its message says it better.
    private static func words(_ code: Int32) -> String? {
        switch code & 0xFF {
        case 3, 23: "the database may not be opened: check the permissions of the file and its folder"
        case 5, 6: "another program is using the database and does not let go of it"
        case 7: "there is not enough memory for the database"
        case 8: "the database may not be written: check the permissions of the file and its folder"
        case 10: "the disk failed while the database was read or written: check the disk and the system's log"
        case 11, 26:
            "the file is damaged, or is no database: put the newest copy in its place, or see 'cairn help node restored'"
        case 13: "the disk is full: make room"
        case 14: "the database cannot be opened: check that its folder is there and may be written"
        default: nil
        }
    }
}
