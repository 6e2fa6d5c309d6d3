import CPostgres

// Values in PostgreSQL's binary format: whole numbers big-endian, truth values one byte, text and bytes as they are.

/// The types that the stores use, by the numbers that every server gives them (`pg_type.dat`).
enum PostgreSQLType: UInt32, Sendable {
    case bool = 16
    case bytea = 17
    case name = 19
    case int8 = 20
    case int2 = 21
    case int4 = 23
    case text = 25
    case varchar = 1043
    case void = 2278
}

/// The arguments of one run of a statement, in memory as libpq wants them. Used again from run to run.
struct PostgreSQLArguments {
    private var bytes: [UInt8] = []
    private var offsets: [Int] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    /// How many bytes the values have.
    var size: Int { bytes.count }

    /// Puts other arguments in the place of those before.
    ///
    /// - Parameter types: what the server expects, from the statement's description.
    mutating func encode(_ arguments: SQLArguments, as types: [UInt32], sql: String) throws(DatastoreError) {
        bytes.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        guard arguments.values.count == types.count else {
            throw .corrupt("a statement takes \(types.count) arguments and got \(arguments.values.count): \(sql)")
        }
        for (index, value) in arguments.values.enumerated() {
            let start = bytes.count
            if case .null = value {
                offsets.append(-1)
                lengths.append(0)
                continue
            }
            guard try append(value, as: PostgreSQLType(rawValue: types[index])) else {
                throw .corrupt("argument $\(index + 1) has another type than \(types[index]): \(sql)")
            }
            guard let length = Int32(exactly: bytes.count - start) else { throw .outOfRange(field: "a value's size") }
            offsets.append(start)
            lengths.append(length)
        }
        // Never empty, so that there is an address for a value without bytes: none would mean null.
        bytes.append(0)
        if formats.count != types.count { formats = [Int32](repeating: 1, count: types.count) }
    }

    /// - Returns: whether the value fits the type.
    private mutating func append(_ value: SQLValue, as type: PostgreSQLType?) throws(DatastoreError) -> Bool {
        switch (value, type) {
        case (.integer(let value), .int8): append(value)
        case (.integer(let value), .int4): append(try narrowed(value, to: Int32.self))
        case (.integer(let value), .int2): append(try narrowed(value, to: Int16.self))
        case (.integer(let value), .bool): bytes.append(value == 0 ? 0 : 1)
        case (.blob(let value), .bytea): bytes += value
        case (.text(let value), .text), (.text(let value), .varchar), (.text(let value), .name): append(value)
        default: return false
        }
        return true
    }

    private mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// The server's text has no zero byte. Texts come from others, such as a peer's words, and one with a zero must not
    /// fail a transaction.
    private mutating func append(_ text: String) {
        let encoded = text.utf8
        if encoded.contains(0) {
            bytes += text.replacing("\0", with: "\u{FFFD}").utf8
        } else {
            bytes += encoded
        }
    }

    private func narrowed<Narrow: FixedWidthInteger>(
        _ value: Int64, to type: Narrow.Type
    ) throws(DatastoreError) -> Narrow {
        guard let narrow = Narrow(exactly: value) else { throw .outOfRange(field: "a number") }
        return narrow
    }

    /// Gives libpq's view of the arguments: count, addresses, lengths, formats. The addresses are good inside `body` only.
    func withUnsafePointers<Result>(
        _ body: (
            Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        ) -> Result
    ) -> Result {
        bytes.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { characters in
                let addresses = offsets.map { offset in
                    offset < 0 ? nil : characters.baseAddress.map { $0 + offset }
                }
                return addresses.withUnsafeBufferPointer { addresses in
                    body(Int32(offsets.count), addresses.baseAddress, lengths, formats)
                }
            }
        }
    }
}

/// A result that libpq holds, freed with this value's last owner.
final class PostgreSQLResult {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit { PQclear(pointer) }

    var status: ExecStatusType { PQresultStatus(pointer) }
    var rowCount: Int { Int(PQntuples(pointer)) }
    var changed: Int { Int(String(cString: PQcmdTuples(pointer))) ?? 0 }
    /// What the server says it did, such as `COMMIT`.
    var command: String { String(cString: PQcmdStatus(pointer)) }

    /// A value that was asked for as text; nil for null, or where there is none.
    func text(row: Int32, column: Int32) -> String? {
        guard row < PQntuples(pointer), column < PQnfields(pointer), PQgetisnull(pointer, row, column) == 0 else {
            return nil
        }
        return PQgetvalue(pointer, row, column).map { String(cString: $0) }
    }

    /// The names and types of the columns.
    func columns() -> (names: SQLColumns, types: [UInt32]) {
        let fields = PQnfields(pointer)
        let names = (0..<fields).map { index in PQfname(pointer, index).map { String(cString: $0) } ?? "" }
        return (SQLColumns(names), (0..<fields).map { PQftype(pointer, $0) })
    }

    /// A row in binary form.
    func row(_ row: Int, columns: SQLColumns, types: [UInt32], sql: String) throws(DatastoreError) -> SQLRow {
        var values: [SQLValue] = []
        values.reserveCapacity(types.count)
        for (index, type) in types.enumerated() {
            values.append(try value(row: Int32(row), column: Int32(index), type: type, sql: sql))
        }
        return SQLRow(columns: columns, values: values)
    }

    private func value(row: Int32, column: Int32, type: UInt32, sql: String) throws(DatastoreError) -> SQLValue {
        guard PQgetisnull(pointer, row, column) == 0, let address = PQgetvalue(pointer, row, column) else {
            return .null
        }
        let bytes = UnsafeRawBufferPointer(start: address, count: Int(PQgetlength(pointer, row, column)))
        switch PostgreSQLType(rawValue: type) {
        case .int8: return .integer(try Self.integer(bytes, Int64.self))
        case .int4: return .integer(Int64(try Self.integer(bytes, Int32.self)))
        case .int2: return .integer(Int64(try Self.integer(bytes, Int16.self)))
        case .bool: return .integer(bytes.first == 1 ? 1 : 0)
        case .bytea: return .blob([UInt8](bytes))
        case .text, .varchar, .name: return .text(String(decoding: bytes, as: UTF8.self))
        case .void: return .null
        case nil:
            throw .corrupt("a statement gives a column of type \(type): cast it to BIGINT, TEXT or BYTEA: \(sql)")
        }
    }

    private static func integer<Integer: FixedWidthInteger>(
        _ bytes: UnsafeRawBufferPointer, _ type: Integer.Type
    ) throws(DatastoreError) -> Integer {
        guard bytes.count == MemoryLayout<Integer>.size else { throw .corrupt("a number has another size") }
        return Integer(bigEndian: bytes.loadUnaligned(as: Integer.self))
    }
}
