import DAP
import Foundation
import GRDB

// Module boundaries carry [UInt8] and UInt64; SQLite has blobs (Data in GRDB) and signed integers. These are the only
// places that convert.

extension [UInt8] {
    /// The bytes as an SQL argument.
    var blob: Data { Data(self) }
}

extension FixedBytes {
    /// The identifier as an SQL argument.
    var blob: Data { Data(bytes) }
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

extension Row {
    func bytes(_ column: String) throws -> [UInt8] {
        guard let data: Data = self[column] else { throw DatastoreError.corrupt("\(column) is missing") }
        return [UInt8](data)
    }

    func optionalBytes(_ column: String) -> [UInt8]? {
        let data: Data? = self[column]
        return data.map { [UInt8]($0) }
    }

    func integer(_ column: String) throws -> Int64 {
        guard let value: Int64 = self[column] else { throw DatastoreError.corrupt("\(column) is missing") }
        return value
    }

    func unsigned(_ column: String) throws -> UInt64 {
        guard let value = UInt64(exactly: try integer(column)) else {
            throw DatastoreError.corrupt("\(column) is negative")
        }
        return value
    }

    func optionalUnsigned(_ column: String) throws -> UInt64? {
        let value: Int64? = self[column]
        guard let value else { return nil }
        guard let unsigned = UInt64(exactly: value) else { throw DatastoreError.corrupt("\(column) is negative") }
        return unsigned
    }

    func id<ID: FixedBytes>(_ column: String, as type: ID.Type) throws -> ID {
        guard let id = ID(try bytes(column)) else { throw DatastoreError.corrupt("\(column) is not a \(type)") }
        return id
    }

    func optionalID<ID: FixedBytes>(_ column: String, as type: ID.Type) throws -> ID? {
        guard let bytes = optionalBytes(column) else { return nil }
        guard let id = ID(bytes) else { throw DatastoreError.corrupt("\(column) is not a \(type)") }
        return id
    }

    /// A wire enumeration that is stored as its number.
    func code<Code: RawRepresentable>(_ column: String, as type: Code.Type) throws -> Code
    where Code.RawValue: BinaryInteger {
        guard let raw = Code.RawValue(exactly: try integer(column)), let code = Code(rawValue: raw) else {
            throw DatastoreError.corrupt("\(column) is not a \(type)")
        }
        return code
    }
}
