import Crypto
import TaskTypes

/// A file of which every row becomes a report.
public struct RowFile: Sendable {
    /// One row of the data; a header is none.
    public struct Row: Sendable {
        /// Where it stands in the file, from 1.
        public let line: Int
        /// What the row's report holds.
        public let value: MeasurementValue

        /// A row at a line of the file.
        public init(line: Int, value: MeasurementValue) {
            self.line = line
            self.value = value
        }
    }

    /// Absolute, so that it names the file wherever a command is run.
    public let path: String
    /// Which columns were taken, in words.
    public let columns: String
    /// All rows, in the order of the file.
    public let rows: [Row]

    /// A file whose rows have been read.
    ///
    /// - Parameters:
    ///   - path: Absolute.
    ///   - columns: Which were taken, in words.
    public init(path: String, columns: String, rows: [Row]) {
        self.path = path
        self.columns = columns
        self.rows = rows
    }

    /// A file as the wallet compares it with others: not by its bytes, but by what its rows say to the task. A file that
    /// was saved by another program, with other line ends or `7.0` for `7`, is the same one; so is one that got a header,
    /// or whose column is called something else.
    package struct Outline: Sendable {
        package let path: String
        package let columns: String
        /// Of each row, 32 bytes.
        package let digests: [[UInt8]]
        /// Of all rows.
        package let contents: [UInt8]

        package init(path: String, columns: String, digests: [[UInt8]]) {
            self.path = path
            self.columns = columns
            self.digests = digests
            var hash = SHA256()
            for digest in digests { hash.update(data: digest) }
            contents = Array(hash.finalize())
        }
    }

    package var outline: Outline {
        Outline(path: path, columns: columns, digests: rows.map { RowDigest.of($0.value) })
    }
}

/// What a row says to a task, in 32 bytes.
///
///     SHA-256("Cairn v1 row\0" ‖ uint8 kind ‖ numbers, 8 bytes each, big-endian)
///
/// with kind 0 for a truth value, 1 for an integer, 2 for a vector, 3 for real numbers (as IEEE 754 doubles), 4 for
/// choices, 5 for a bucket. Minus zero is zero. Kept in the encrypted wallet only: whoever has it can guess small values.
package enum RowDigest {
    package static func of(_ value: MeasurementValue) -> [UInt8] {
        let (kind, numbers): (UInt8, [UInt64]) =
            switch value {
            case .bool(let value): (0, [value ? 1 : 0])
            case .integer(let value): (1, [value])
            case .vector(let values): (2, values)
            // Of the two zeros, the one without a sign.
            case .real(let values): (3, values.map { ($0 + 0.0).bitPattern })
            case .choices(let values): (4, values.map { $0 ? 1 : 0 })
            case .bucket(let value): (5, [UInt64(bitPattern: Int64(value))])
            }
        var input = Array("Cairn v1 row\0".utf8) + [kind]
        input.reserveCapacity(input.count + 8 * numbers.count)
        for number in numbers { input += bytes(number) }
        return Array(SHA256.hash(data: input))
    }

    static func bytes(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
    }
}
