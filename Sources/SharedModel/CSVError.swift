// Why a CSV file was refused, and where.
//
// A person reads these messages while fixing a file, so each one names the file, the line as an editor counts it, the
// column (counted from 1, with its name when the file has a header), and what to do next.

import Encodings

/// A problem in a CSV file: what it is, and where it stands.
package struct CSVError: Error, Equatable, Sendable {
    /// What is wrong.
    package enum Reason: Equatable, Sendable {
        /// The file cannot be opened or read; the text is the system's explanation.
        case unreadable(String)
        /// The file holds no record at all.
        case emptyFile
        /// There is a header and nothing below it.
        case noRows
        /// The bytes of a cell are not UTF-8.
        case notUTF8
        /// A quoted cell is still open at the end of the file; the position is where it begins.
        case unterminatedQuote
        /// A quotation mark in an unquoted cell, or text after the closing mark of a quoted one.
        case strayQuote
        /// The cell is empty, or says that its value is missing (`NA`, `?`, `null`...).
        case missingCell
        /// A feature cell is not a decimal number.
        case notANumber(String)
        /// The cell is NaN or infinite, or too large for a 64-bit float.
        case notFinite(String)
        /// The record's number of cells differs from that of the line named.
        case raggedRow(found: Int, expected: Int, asInLine: Int)
        /// The file has one column, so either no feature or an unexpected delimiter.
        case noFeatures
        /// No column has this name or index.
        case unknownLabelColumn(String, available: [String], columnCount: Int)
        /// The label column is given by name, and the first line names no columns.
        case labelNameWithoutHeader(String)
        /// Several columns of the header carry the label's name.
        case ambiguousLabelColumn(String)
        /// Every row has the same label: there is nothing to learn.
        case singleClass(String)
        /// The label column has so many different values that it cannot hold classes.
        case tooManyClasses(found: Int, rows: Int)
        /// The label is none of the classes that the task declares.
        case unknownClass(String, declared: [String])
    }

    /// Name or path of the file as the user gave it.
    package let file: String
    /// Line counted from 1, if the problem stands on one.
    package let line: Int?
    /// Column counted from 1, if the problem stands in one.
    package let column: Int?
    /// The column's name, if the file has a header.
    package let columnName: String?
    package let reason: Reason

    package init(file: String, line: Int? = nil, column: Int? = nil, columnName: String? = nil, reason: Reason) {
        self.file = file
        self.line = line
        self.column = column
        self.columnName = columnName
        self.reason = reason
    }
}

extension CSVError: CustomStringConvertible {
    /// For example `data.csv, line 7, column 3 ('age'): the cell is empty. Fill it in or delete the row.`
    package var description: String {
        var place = file
        if let line { place += ", line \(line)" }
        if let column { place += ", column \(column)" }
        if let columnName, !columnName.isEmpty { place += " (\(columnName.quotedForPeople))" }
        return "\(place): \(explanation)"
    }

    private var explanation: String {
        switch reason {
        case .unreadable(let why):
            "the file cannot be read (\(why)). Check the path and its permissions."
        case .emptyFile:
            "the file is empty. Give a CSV file with one row per example."
        case .noRows:
            "there is a header and no row below it. Add at least one row per class."
        case .notUTF8:
            "the text is not UTF-8. Save the file in UTF-8."
        case .unterminatedQuote:
            "a quoted cell begins here and never ends. Close the quotation mark."
        case .strayQuote:
            "a quotation mark stands inside a cell. Quote the whole cell and double the marks inside it."
        case .missingCell:
            "the cell is empty. Fill it in or delete the row."
        case .notANumber(let text):
            "\(text.quotedForPeople) is not a number. Features must be numbers such as 3, -0.5 or 1e-3: correct the "
                + "cell, drop the column, or replace its categories by numbers"
                + (line == 1 ? "; if this line is a header, say that the file has one." : ".")
        case .notFinite(let text):
            "\(text.quotedForPeople) is not a finite number. Replace the value or delete the row."
        case .raggedRow(let found, let expected, let reference):
            "the row has \(found) cells, and line \(reference) has \(expected). Add or remove cells, "
                + "and quote cells that contain the delimiter."
        case .noFeatures:
            "the file has a single column. It needs feature columns and a label column, "
                + "separated by commas, semicolons or tabs."
        case .unknownLabelColumn(let wanted, let available, let count):
            "there is no label column \(wanted.quotedForPeople). " + Self.choices(available, count: count)
        case .labelNameWithoutHeader(let wanted):
            "the label column is given by its name \(wanted.quotedForPeople), and the first line is not a header. "
                + "Give the column's index, counted from 0, or add a header."
        case .ambiguousLabelColumn(let name):
            "several columns are named \(name.quotedForPeople). Give the label column's index, counted from 0."
        case .singleClass(let name):
            "every row has the label \(name.quotedForPeople). A classifier needs at least two classes: "
                + "check the label column."
        case .tooManyClasses(let found, let rows):
            "the label column has \(found) different values in \(rows) rows. Labels must be classes: "
                + "check the label column, or group its values."
        case .unknownClass(let name, let declared):
            "\(name.quotedForPeople) is none of the task's classes (\(Self.list(declared))). Correct the label."
        }
    }

    private static func choices(_ names: [String], count: Int) -> String {
        let indices = "Give an index from 0 to \(count - 1)"
        return names.isEmpty ? indices + "." : indices + ", or one of the names \(list(names))."
    }

    /// At most eight names, so that a wide file does not fill the terminal.
    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(8).map(\.quotedForPeople).joined(separator: ", ")
        return names.count > 8 ? shown + " and \(names.count - 8) more" : shown
    }
}
