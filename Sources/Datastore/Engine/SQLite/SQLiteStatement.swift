import GRDB
import GRDBSQLite

/// A compiled statement of one connection, bound and stepped through SQLite's own interface.
///
/// Why not through GRDB's: it brings every argument into a value of its own, with a `Data` for each blob, and looks each up by
/// name. A report costs a dozen statements, and that is more than what SQLite itself does for them.
final class SQLiteStatement {
    /// Frees the statement when it goes.
    private let owner: Statement
    private let handle: OpaquePointer
    private let columns: SQLColumns
    private let columnCount: Int32
    private let argumentCount: Int

    init(_ sql: String, _ database: Database) throws {
        owner = try database.makeStatement(sql: SQLitePlaceholders.rewriting(sql))
        handle = owner.sqliteStatement
        columns = SQLColumns(owner.columnNames)
        columnCount = sqlite3_column_count(handle)
        argumentCount = Int(sqlite3_bind_parameter_count(handle))
    }

    /// SQLite copies bytes that it is told may change.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    func bind(_ arguments: [SQLValue]) throws {
        guard arguments.count == argumentCount else {
            throw DatastoreError.unavailable(
                "a statement with \(argumentCount) placeholders got \(arguments.count) arguments: report this")
        }
        for (offset, argument) in arguments.enumerated() {
            let index = Int32(offset + 1)
            let code =
                switch argument {
                case .null: sqlite3_bind_null(handle, index)
                case .integer(let value): sqlite3_bind_int64(handle, index, value)
                case .text(let text): bind(text, index)
                case .blob(let bytes): bind(bytes, index)
                }
            guard code == SQLITE_OK else { throw failure }
        }
    }

    private func bind(_ text: String, _ index: Int32) -> Int32 {
        text.withCString {
            sqlite3_bind_text64(handle, index, $0, UInt64(text.utf8.count), Self.transient, UInt8(SQLITE_UTF8))
        }
    }

    private func bind(_ bytes: [UInt8], _ index: Int32) -> Int32 {
        // No bytes have no address, and SQLite takes that for null.
        if bytes.isEmpty { return sqlite3_bind_zeroblob(handle, index, 0) }
        return bytes.withUnsafeBytes {
            sqlite3_bind_blob64(handle, index, $0.baseAddress, UInt64($0.count), Self.transient)
        }
    }

    /// - Returns: whether there is a row; false at the end.
    func step() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw failure
        }
    }

    /// The present row.
    func row() throws -> SQLRow {
        var values: [SQLValue] = []
        values.reserveCapacity(Int(columnCount))
        for index in 0..<columnCount { values.append(try value(index)) }
        return SQLRow(columns: columns, values: values)
    }

    private func value(_ index: Int32) throws -> SQLValue {
        switch sqlite3_column_type(handle, index) {
        case SQLITE_NULL: return .null
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(handle, index))
        case SQLITE_TEXT:
            let start = sqlite3_column_text(handle, index)
            let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, index)))
            return .text(String(decoding: bytes, as: UTF8.self))
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(handle, index)
            let bytes = UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, index)))
            return .blob([UInt8](bytes))
        default: throw DatastoreError.corrupt("a fraction, where there are whole numbers only")
        }
    }

    /// Makes the statement ready for its next use. Its arguments go: large ones must not wait in memory for that.
    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    private var failure: DatastoreError { .sqlite(lastOf: sqlite3_db_handle(handle)) }
}
