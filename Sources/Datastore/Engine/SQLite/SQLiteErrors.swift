import Foundation
import GRDB
import GRDBSQLite

// The only place that knows SQLite's result codes. Their low byte is the kind, the rest says where it happened.

extension DatastoreError {
    /// What a connection refused last.
    static func sqlite(lastOf connection: OpaquePointer?) -> DatastoreError {
        let message = sqlite3_errmsg(connection).map { String(cString: $0) } ?? ""
        return sqlite(
            code: sqlite3_extended_errcode(connection), message, systemError: sqlite3_system_errno(connection))
    }

    /// What GRDB, or code that runs under it, threw.
    static func sqlite(_ error: any Error) -> DatastoreError {
        switch error {
        case let error as DatastoreError: error
        case let error as DatabaseError:
            sqlite(code: error.extendedResultCode.rawValue, error.message ?? "", systemError: 0)
        case is CancellationError: .cancelled
        default: .unavailable("the database cannot carry out a request: \(error)")
        }
    }

    /// - Parameter systemError: why the system refused what SQLite asked of it; 0 where that is not known.
    private static func sqlite(code: Int32, _ message: String, systemError: Int32) -> DatastoreError {
        // A quota and a limit of a file's size stop writing as a full disk does; SQLite knows of the disk only.
        if [ENOSPC, EDQUOT, EFBIG].contains(systemError), [SQLITE_IOERR, SQLITE_CANTOPEN].contains(code & 0xFF) {
            return .full
        }
        switch code & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL:
            return .busy("another program is using the database and does not let go of it")
        case SQLITE_FULL: return .full
        case SQLITE_INTERRUPT, SQLITE_ABORT: return .cancelled
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            return .corrupt(
                "the file is damaged, or is no database: put the newest copy in its place, or see 'cairn help node restored'"
            )
        case SQLITE_ERROR, SQLITE_SCHEMA: return .corrupt(message)
        case SQLITE_CONSTRAINT: return .conflict("what is to be stored contradicts what is there: \(message)")
        default: return .unavailable(words(code & 0xFF) ?? "the database refused: \(message)")
        }
    }

    private static func words(_ kind: Int32) -> String? {
        switch kind {
        case SQLITE_PERM, SQLITE_AUTH:
            "the database may not be opened: check the permissions of the file and its folder"
        case SQLITE_NOMEM: "there is not enough memory for the database"
        case SQLITE_READONLY: "the database may not be written: check the permissions of the file and its folder"
        case SQLITE_IOERR: "the disk failed while the database was read or written: check the disk and the system's log"
        case SQLITE_CANTOPEN: "the database cannot be opened: check that its folder is there and may be written"
        default: nil
        }
    }
}
