import DAP

/// Why a storage operation failed, by meaning. Nothing of a failed operation is stored: each is one transaction.
package enum DatastoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another program holds what is needed and does not let go of it, or the server has no connection to give.
    case busy(String)
    /// The disk is full.
    case full
    /// The database cannot be opened, reached, read or written as it is; the words say what to do.
    case unavailable(String)
    /// It is not a database for this program: newer, of another program, of another role, or of a server that is too old.
    case unsuitable(String)
    /// A row does not have the form that this version writes, or the file is damaged.
    case corrupt(String)
    /// A number is too large for a signed 64-bit column.
    case outOfRange(field: String)
    /// The stored state contradicts the request, for instance another task under the same id.
    case conflict(String)
    /// What the caller has decided on has changed meanwhile: decide anew.
    case stale
    /// The caller's lease has ended, and somebody else may be at work.
    case leaseLost
    /// The node has ended this task meanwhile.
    case notServed(TaskID)
    /// The database has less than this process has done in it: somebody has put an older one in its place.
    case forgotten(String)
    /// The caller's task was cancelled before the operation took place.
    case cancelled

    package var description: String {
        switch self {
        case .busy(let what), .unavailable(let what), .unsuitable(let what), .conflict(let what), .forgotten(let what):
            what
        case .full: "the disk is full: make room"
        case .corrupt(let what): "the database holds something unreadable: \(what)"
        case .outOfRange(let field): "\(field) does not fit a signed 64-bit column"
        case .stale: "what was to be stored is out of date: something else was faster"
        case .leaseLost: "the lease on this work has ended"
        case .notServed(let id): "task \(id.base64URL) is not served any more"
        case .cancelled: "the operation was cancelled"
        }
    }
}
