// CSV files: from bytes to records, after RFC 4180.
//
// Cells are separated by commas, records by CRLF or LF; a cell in quotation marks may contain both, and doubles its own
// marks. Real files add four habits, which are accepted: a byte order mark, a lone CR as line end, blank lines between
// records, and semicolons or tabs instead of commas (taken when the first line has no comma). Blanks around a cell do
// not belong to it, which is the one place where we read less than RFC 4180 says.
//
// Every cell remembers the line on which it begins: a quoted cell may span lines, and an error must point to where an
// editor would go.

import Foundation

/// One cell: its text without quotation marks and surrounding blanks, and its line counted from 1.
package struct CSVCell: Sendable, Equatable {
    package let text: String
    package let line: Int
}

/// One record: its cells in order, at least one.
package struct CSVRecord: Sendable, Equatable {
    package let cells: [CSVCell]

    /// The line on which the record begins.
    package var line: Int { cells.first?.line ?? 0 }
}

/// All records of a CSV file, as text. Widths are not compared here: `CSVLayout` does it.
package struct CSVTable: Sendable, Equatable {
    /// The file's name as the user gave it, for messages.
    package let fileName: String
    package let records: [CSVRecord]

    /// Parses a file's bytes.
    ///
    /// - Parameters:
    ///   - fileName: The name that errors show.
    ///   - bytes: The file's content in UTF-8.
    ///   - delimiter: The byte between cells; nil takes comma, semicolon or tab by the first line.
    /// - Throws: `CSVError` for an empty file, wrong quotation marks, or text that is not UTF-8.
    package init(fileName: String, bytes: [UInt8], delimiter: UInt8? = nil) throws(CSVError) {
        var scanner = CSVScanner(fileName: fileName, bytes: bytes, delimiter: delimiter)
        var records: [CSVRecord] = []
        while let record = try scanner.nextRecord() { records.append(record) }
        guard !records.isEmpty else { throw CSVError(file: fileName, reason: .emptyFile) }
        self.fileName = fileName
        self.records = records
    }

    /// Reads and parses the file at a path.
    ///
    /// - Throws: `CSVError` with `unreadable` if the file cannot be read, and as `init(fileName:bytes:delimiter:)`.
    package init(path: String, delimiter: UInt8? = nil) throws(CSVError) {
        let bytes: [UInt8]
        do {
            bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw CSVError(file: path, reason: .unreadable(error.localizedDescription))
        }
        try self.init(fileName: path, bytes: bytes, delimiter: delimiter)
    }
}

/// The state of one pass over the bytes.
private struct CSVScanner {
    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private let fileName: String
    private let bytes: [UInt8]
    private let delimiter: UInt8
    private var position: Int
    private var line = 1

    init(fileName: String, bytes: [UInt8], delimiter: UInt8?) {
        self.fileName = fileName
        self.bytes = bytes
        position = bytes.starts(with: Self.byteOrderMark) ? Self.byteOrderMark.count : 0
        self.delimiter = delimiter ?? Self.delimiter(ofFirstLineIn: bytes[position...])
    }

    /// The next record that is not a blank line, or nil at the end of the file.
    mutating func nextRecord() throws(CSVError) -> CSVRecord? {
        while position < bytes.count {
            var cells: [CSVCell] = []
            repeat {
                cells.append(try nextCell(column: cells.count + 1))
            } while skipDelimiter()
            skipLineEnd()
            if cells.count > 1 || !cells[0].text.isEmpty { return CSVRecord(cells: cells) }
        }
        return nil
    }

    private mutating func nextCell(column: Int) throws(CSVError) -> CSVCell {
        let firstLine = line
        skipBlanks()
        let text: [UInt8]
        if peek() == Self.quote {
            text = try quotedCell(column: column)
        } else {
            text = try plainCell(column: column)
        }
        guard let string = String(validating: text, as: UTF8.self) else {
            throw CSVError(file: fileName, line: firstLine, column: column, reason: .notUTF8)
        }
        return CSVCell(text: string, line: firstLine)
    }

    private mutating func plainCell(column: Int) throws(CSVError) -> [UInt8] {
        let start = position
        while let byte = peek(), byte != delimiter, !Self.isLineEnd(byte) {
            if byte == Self.quote { throw CSVError(file: fileName, line: line, column: column, reason: .strayQuote) }
            position += 1
        }
        var end = position
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        return [UInt8](bytes[start..<end])
    }

    private mutating func quotedCell(column: Int) throws(CSVError) -> [UInt8] {
        let firstLine = line
        var text: [UInt8] = []
        position += 1
        while let byte = peek() {
            position += 1
            if byte != Self.quote {
                // A CR before LF is not a line of its own.
                if byte == Self.lineFeed || (byte == Self.carriageReturn && peek() != Self.lineFeed) { line += 1 }
                text.append(byte)
            } else if peek() == Self.quote {
                position += 1
                text.append(Self.quote)
            } else {
                skipBlanks()
                if let next = peek(), next != delimiter, !Self.isLineEnd(next) {
                    throw CSVError(file: fileName, line: line, column: column, reason: .strayQuote)
                }
                return text
            }
        }
        throw CSVError(file: fileName, line: firstLine, column: column, reason: .unterminatedQuote)
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipDelimiter() -> Bool {
        guard peek() == delimiter else { return false }
        position += 1
        return true
    }

    private mutating func skipLineEnd() {
        guard let byte = peek(), Self.isLineEnd(byte) else { return }
        position += 1
        if byte == Self.carriageReturn, peek() == Self.lineFeed { position += 1 }
        line += 1
    }

    private mutating func skipBlanks() {
        while let byte = peek(), isBlank(byte) { position += 1 }
    }

    private func isBlank(_ byte: UInt8) -> Bool {
        (byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")) && byte != delimiter
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == lineFeed || byte == carriageReturn }

    private static func delimiter(ofFirstLineIn bytes: ArraySlice<UInt8>) -> UInt8 {
        var isQuoted = false
        var firstLine: Set<UInt8> = []
        for byte in bytes {
            if byte == quote { isQuoted.toggle() }
            if isQuoted { continue }
            if isLineEnd(byte), !firstLine.isEmpty { break }
            if !isLineEnd(byte) { firstLine.insert(byte) }
        }
        let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
        return candidates.first(where: firstLine.contains) ?? candidates[0]
    }
}
