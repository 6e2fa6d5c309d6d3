// CSV files as text, after RFC 4180.
//
// Cells are separated by commas, records by CRLF or LF; a cell in quotation marks may contain both, and doubles its own
// marks. Real files add four habits, which are accepted: a byte order mark, a lone CR as line end, blank lines between
// records, and semicolons, tabs or bars instead of commas (`CSVDelimiter`). Blanks around a cell do not belong to it, which
// is the one place where we read less than RFC 4180 says.
//
// Where there is a single column, a blank line between two others may be a row whose value is missing, so it is refused.
//
// Every cell remembers the line on which it begins: a quoted cell may span lines, and an error must point to where an
// editor would go.

/// One cell: its text without quotation marks and surrounding blanks, and its line counted from 1.
package struct CSVCell: Sendable, Equatable {
    package let text: String
    package let line: Int
    /// Whether it was written in quotation marks.
    package let isQuoted: Bool
}

/// One record: its cells in order, at least one.
package struct CSVRecord: Sendable, Equatable {
    package let cells: [CSVCell]

    /// The line on which the record begins.
    package var line: Int { cells.first?.line ?? 0 }
}

/// All records of a CSV file, as text, at least one. Widths are not compared here: `CSVLayout` does it.
package struct CSVTable: Sendable, Equatable {
    /// The file's name as the user gave it, for messages.
    package let fileName: String
    package let records: [CSVRecord]
    /// What separates the cells.
    package let delimiter: UInt8

    /// Parses a file's bytes.
    ///
    /// - Parameters:
    ///   - fileName: The name that errors show.
    ///   - bytes: The file's content in UTF-8.
    ///   - delimiter: The byte between cells; nil finds it out.
    /// - Throws: `CSVError` for an empty file, wrong quotation marks, text that is not UTF-8, or a delimiter in doubt.
    package init(fileName: String, bytes: [UInt8], delimiter: UInt8? = nil) throws(CSVError) {
        try CSVScanner.requireText(fileName: fileName, bytes: bytes)
        let records: CSVScanner.Records
        if let delimiter {
            records = try CSVScanner.records(fileName: fileName, bytes: bytes, delimiter: delimiter)
            self.delimiter = delimiter
        } else {
            (records, self.delimiter) = try CSVDelimiter.records(fileName: fileName, bytes: bytes)
        }
        guard let first = records.all.first else { throw CSVError(file: fileName, reason: .emptyFile) }
        if first.cells[0].text.lowercased().hasPrefix("sep=") {
            throw CSVError(file: fileName, line: first.line, reason: .separatorLine)
        }
        if let line = records.blankLine, records.all.allSatisfy({ $0.cells.count == 1 }) {
            throw CSVError(file: fileName, line: line, column: 1, reason: .blankLine)
        }
        self.fileName = fileName
        self.records = records.all
    }
}
