import DAP

/// A value of a column. Booleans are 0 and 1 wherever they are stored.
package enum SQLValue: Sendable, Equatable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    /// Whole numbers, and the truth values that PostgreSQL's `EXISTS` gives.
    package var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
}

/// The arguments of a statement, `$1` first.
package struct SQLArguments: Sendable, ExpressibleByArrayLiteral {
    package var values: [SQLValue]

    package init(_ values: [SQLValue]) {
        self.values = values
    }

    package init(arrayLiteral elements: (any SQLArgument)...) {
        values = elements.map(\.sqlValue)
    }

    static func + (first: SQLArguments, second: SQLArguments) -> SQLArguments {
        SQLArguments(first.values + second.values)
    }
}

/// What may be an argument. Module boundaries carry `UInt64`; columns are signed, so those are converted by
/// `UInt64.stored(_:)` or `UInt64.clampedToInt64`, which say what becomes of large ones.
package protocol SQLArgument {
    var sqlValue: SQLValue { get }
}

extension SQLValue: SQLArgument { package var sqlValue: SQLValue { self } }
extension Int64: SQLArgument { package var sqlValue: SQLValue { .integer(self) } }
extension Int: SQLArgument { package var sqlValue: SQLValue { .integer(Int64(self)) } }
extension Bool: SQLArgument { package var sqlValue: SQLValue { .integer(self ? 1 : 0) } }
extension String: SQLArgument { package var sqlValue: SQLValue { .text(self) } }
extension [UInt8]: SQLArgument { package var sqlValue: SQLValue { .blob(self) } }
extension Optional: SQLArgument where Wrapped: SQLArgument {
    package var sqlValue: SQLValue { self?.sqlValue ?? .null }
}

extension [UInt8] {
    /// The bytes as an SQL argument.
    var blob: SQLValue { .blob(self) }
}

extension FixedBytes {
    /// The identifier as an SQL argument.
    var blob: SQLValue { .blob(bytes) }
}

extension UInt64 {
    /// The value for a signed column.
    func stored(_ field: String) throws(DatastoreError) -> Int64 {
        guard let value = Int64(exactly: self) else { throw .outOfRange(field: field) }
        return value
    }

    /// The nearest value that a signed column can hold: for comparisons with stored values, which are never larger.
    var clampedToInt64: Int64 { Int64(clamping: self) }
}
