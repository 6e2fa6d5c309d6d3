import DAP

/// A row of a result. Columns are read by name; one that is missing or of another form is damage, never a crash.
package struct SQLRow: Sendable {
    let columns: SQLColumns
    let values: [SQLValue]

    package func value(_ column: String) throws -> SQLValue {
        guard let index = columns.index(column), index < values.count else {
            throw DatastoreError.corrupt("the column \(column) is missing")
        }
        return values[index]
    }

    package func optionalBytes(_ column: String) throws -> [UInt8]? {
        switch try value(column) {
        case .null: nil
        case .blob(let bytes): bytes
        default: throw DatastoreError.corrupt("\(column) is not of bytes")
        }
    }

    package func bytes(_ column: String) throws -> [UInt8] { try present(optionalBytes(column), column) }

    package func optionalText(_ column: String) throws -> String? {
        switch try value(column) {
        case .null: nil
        case .text(let text): text
        default: throw DatastoreError.corrupt("\(column) is not text")
        }
    }

    package func text(_ column: String) throws -> String { try present(optionalText(column), column) }

    package func optionalInteger(_ column: String) throws -> Int64? {
        switch try value(column) {
        case .null: nil
        case .integer(let integer): integer
        default: throw DatastoreError.corrupt("\(column) is not a whole number")
        }
    }

    package func integer(_ column: String) throws -> Int64 { try present(optionalInteger(column), column) }

    /// What a comparison, `EXISTS` or a stored truth value says; false for null.
    package func flag(_ column: String) throws -> Bool { try optionalInteger(column) ?? 0 != 0 }

    package func optionalUnsigned(_ column: String) throws -> UInt64? {
        guard let value = try optionalInteger(column) else { return nil }
        guard let unsigned = UInt64(exactly: value) else { throw DatastoreError.corrupt("\(column) is negative") }
        return unsigned
    }

    package func unsigned(_ column: String) throws -> UInt64 { try present(optionalUnsigned(column), column) }

    package func id<ID: FixedBytes>(_ column: String, as type: ID.Type) throws -> ID {
        try present(optionalID(column, as: type), column)
    }

    package func optionalID<ID: FixedBytes>(_ column: String, as type: ID.Type) throws -> ID? {
        guard let bytes = try optionalBytes(column) else { return nil }
        guard let id = ID(bytes) else { throw DatastoreError.corrupt("\(column) is not a \(type)") }
        return id
    }

    /// A wire enumeration that is stored as its number.
    package func code<Code: RawRepresentable>(_ column: String, as type: Code.Type) throws -> Code
    where Code.RawValue: BinaryInteger {
        guard let raw = Code.RawValue(exactly: try integer(column)), let code = Code(rawValue: raw) else {
            throw DatastoreError.corrupt("\(column) is not a \(type)")
        }
        return code
    }

    private func present<Value>(_ value: Value?, _ column: String) throws -> Value {
        guard let value else { throw DatastoreError.corrupt("\(column) is missing") }
        return value
    }
}

/// The names of a result's columns, shared by its rows.
final class SQLColumns: Sendable {
    private let indices: [String: Int]

    init(_ names: [String]) {
        var indices: [String: Int] = [:]
        for (index, name) in names.enumerated() { indices[name] = indices[name] ?? index }
        self.indices = indices
    }

    func index(_ name: String) -> Int? { indices[name] }
}
