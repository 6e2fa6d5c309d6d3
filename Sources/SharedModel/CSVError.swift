// Why a CSV file was refused, and where.
//
// A person reads these messages while fixing a file, so each one names the file, the line as an editor counts it, the
// column (counted from 1, with its name when the file has a header), and what to do next.

import Encodings

/// A problem in a CSV file: what it is, and where it stands.
package struct CSVError: Error, Equatable, Sendable {
    /// What is wrong.
    package enum Reason: Equatable, Sendable {
        /// The file holds no record at all.
        case emptyFile
        /// There is a header and nothing below it.
        case noRows
        /// The bytes of a cell are not UTF-8.
        case notUTF8
        /// The file is UTF-16, as some programs call 'Unicode'.
        case utf16
        /// The file is no text; what it is instead.
        case otherFormat(String)
        /// The file is text of another kind; of which.
        case otherText(String)
        /// Line 1 is `sep=;`, which some spreadsheet programs write and read.
        case separatorLine
        /// A byte 0, which no text has.
        case zeroByte
        /// A quoted cell is still open at the end of the file; the position is where it begins.
        case unterminatedQuote
        /// A quotation mark in an unquoted cell, or text after the closing mark of a quoted one.
        case strayQuote
        /// A blank line between rows of a single cell.
        case blankLine
        /// Each of these gives all records the same number of cells.
        case ambiguousDelimiter([Character])
        /// A number with a comma in a file that reads as well at its commas as at another delimiter.
        case commaBesideDelimiter(NumberFault, Character)
        /// A cell is not the number that is wanted there.
        case number(NumberFault)
        /// A cell, or the cells of a row together, cannot be sent; the words of who knows why.
        case value(problem: String, advice: String)
        /// The last row is called a total, and is the sum of the others.
        case totalRow(String, rows: Int)
        /// A label that is no class: missing, or a number that cannot be read.
        case label(NumberFault)
        /// The record's number of cells differs from that of the line named.
        case raggedRow(found: Int, expected: Int, asInLine: Int)
        /// The first line alone has another number of cells.
        case oddFirstLine(found: Int, expected: Int)
        /// Line 1 may be a header as well as data; the text says what speaks for a header.
        case undecidedHeader(String)
        /// The file has one column, so either no feature or an unexpected delimiter.
        case noFeatures(Character?)
        /// No column has this name or index.
        case unknownColumn(ColumnReference, available: [String], columnCount: Int)
        /// A column is given by name, and the first line was said to name none.
        case nameWithoutHeader(String)
        /// Several columns of the header carry this name.
        case ambiguousColumn(String)
        /// The same column is asked for twice.
        case columnTwice
        /// A column that training would use has no name.
        case unnamedColumn
        /// The model's features that no column is named for, and the columns that no feature is named for.
        case otherFeatures(missing: [String], surplus: [String])
        /// The model names its features, and the file has no header.
        case featuresNeedHeader([String])
        /// The model names no features, and has another number of them.
        case featureCount(found: Int, expected: Int)
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
    /// Whether the line was taken for data without being told, and the fault may be that it is a header.
    package let mayBeHeader: Bool

    package init(
        file: String, line: Int? = nil, column: Int? = nil, columnName: String? = nil, reason: Reason,
        mayBeHeader: Bool = false
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.columnName = columnName
        self.reason = reason
        self.mayBeHeader = mayBeHeader
    }
}

extension CSVError: CustomStringConvertible {
    /// For example `data.csv, line 7, column 3 ('age'): the value is missing. Fill it in, or leave the row out.`
    package var description: String {
        var place = file
        if let line { place += ", line \(line)" }
        if let column { place += ", column \(column)" }
        if let columnName, !columnName.isEmpty { place += " (\(columnName.quotedForPeople))" }
        return "\(place): \(explanation)\(mayBeHeader ? " If the line is a header, say --header yes." : "")"
    }

    private var explanation: String {
        switch reason {
        case .emptyFile:
            "the file is empty. Give a CSV file with a row for each example or report."
        case .noRows:
            "there is a header and no row below it. Add rows, or say --header no if the line is data."
        case .notUTF8:
            "the text is not UTF-8. Save the file in UTF-8."
        case .utf16:
            "the file is UTF-16 text. Save it in UTF-8 ('CSV UTF-8' in spreadsheet programs)."
        case .otherFormat(let format):
            "the file is not text but \(format). Save it as CSV in UTF-8."
        case .otherText(let format):
            "the file is not CSV but \(format). Save or export it as CSV in UTF-8."
        case .separatorLine:
            "the line names the delimiter for a spreadsheet program. Delete the line, and give --delimiter if it is needed."
        case .zeroByte:
            "there is a zero byte, which text does not have. Save the file anew as CSV in UTF-8."
        case .unterminatedQuote:
            "a quoted cell begins here and never ends. Close the quotation mark."
        case .strayQuote:
            "a quotation mark stands inside a cell. Quote the whole cell and double the marks inside it."
        case .blankLine:
            "a line is blank between two rows: it may be a row without its value. Delete the line, or fill it in."
        case .ambiguousDelimiter(let delimiters):
            "the columns may be separated by \(delimiters.map(CSVDelimiter.name).joined(separator: " or by ")). Say which "
                + "with --delimiter, for example --delimiter \(CSVDelimiter.argument(for: delimiters[0]))."
        case .commaBesideDelimiter(let fault, let delimiter):
            "\(fault.problem), and the columns seem to be separated by \(CSVDelimiter.name(of: delimiter)). \(fault.advice) "
                + "If commas separate the columns, say --delimiter ','."
        case .number(let fault), .label(let fault):
            "\(fault.problem). \(advice(fault))"
        case .value(let problem, let advice):
            "\(problem).\(advice.isEmpty ? "" : " ")\(advice)"
        case .totalRow(let name, let count):
            "the row is called \(name.quotedForPeople) and holds the sum of all others. Delete it, or leave it out with "
                + "--row 1..\(count - 1); --row 1..\(count) sends it as well."
        case .raggedRow(let found, let expected, let reference):
            "the row has \(Self.cells(found)), and line \(reference) has \(expected). Add or remove cells, and quote cells "
                + "that contain the delimiter (a decimal comma is one)."
        case .oddFirstLine(let found, let expected):
            "the line has \(Self.cells(found)), and every other line has \(expected). Delete it if it is a title or a "
                + "comment; complete it if it is a header; and if the others have decimal commas, write decimal points."
        case .undecidedHeader(let evidence):
            "the line may be a header: \(evidence). Say --header yes if it is one, or --header no if it is data."
        case .noFeatures(let delimiter):
            "the file has no column beside the label. It needs feature columns and a label column, "
                + "separated by commas, semicolons or tabs." + Self.hint(delimiter)
        case .unknownColumn(let wanted, let available, let count):
            Self.unknown(wanted, available, count)
        case .nameWithoutHeader(let wanted):
            "the column is given by its name \(wanted.quotedForPeople), and --header no says that the file names none. "
                + "Give the column's index, counted from 0."
        case .ambiguousColumn(let name):
            "several columns are named \(name.quotedForPeople). Rename them, or give an index, counted from 0, where one "
                + "is asked for."
        case .columnTwice:
            "the column is asked for twice. Name every column once."
        case .unnamedColumn:
            "the column has no name in the header, and does not number the rows. Delete it, or name it."
        case .otherFeatures(let missing, let surplus):
            Self.features(missing: missing, surplus: surplus)
        case .featuresNeedHeader(let names):
            "the model's features have names, and the file has no header. Add one, or say --header no if the columns "
                + "beside the label are, in this order, \(Self.list(names))."
        case .featureCount(let found, let expected):
            "the model takes \(expected) features, and the file has \(found) columns beside the label. "
                + "Check that the file fits the task."
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

    private func advice(_ fault: NumberFault) -> String {
        if case .label = reason, case .missing = fault {
            return "Fill it in, or leave the row out; if it is the name of a class, give the class another name."
        }
        if case .word = fault, !mayBeHeader {
            return "Correct the cell, leave the column out, or replace its categories by numbers."
        }
        return fault.advice
    }

    private static func cells(_ count: Int) -> String { "\(count) cell\(count == 1 ? "" : "s")" }

    private static func unknown(_ wanted: ColumnReference, _ names: [String], _ count: Int) -> String {
        let indices = count == 1 ? "the index 0, for the only column" : "an index from 0 to \(count - 1)"
        let what: String
        var hint = ""
        switch wanted {
        case .name(let name): what = "named \(name.quotedForPeople)"
        case .last: what = "at all"
        case .index(let index):
            what = "with the index \(index == .max ? "given" : "\(index)")"
            if names.contains("\(index)") { hint = " The one that is named so is name:\(index)." }
        }
        if count == 1, let name = names.first { hint += Self.hint(CSVDelimiter.other(in: name)) }
        let choice = names.isEmpty ? "Give \(indices)." : "Give one of the names \(list(names)), or \(indices)."
        return "there is no column \(what). \(choice)\(hint)"
    }

    /// For a file of one column that may have several.
    private static func hint(_ delimiter: Character?) -> String {
        delimiter.map {
            " If \(CSVDelimiter.name(of: $0)) separate\($0 == " " || $0 == "\t" ? "" : "s") the columns, say --delimiter "
                + "\(CSVDelimiter.argument(for: $0))."
        } ?? ""
    }

    private static func features(missing: [String], surplus: [String]) -> String {
        var sentences: [String] = []
        if !missing.isEmpty { sentences.append("the model has features that no column is named for: \(list(missing))") }
        if !surplus.isEmpty {
            sentences.append("columns are named that the model has no feature for: \(list(surplus))")
        }
        return sentences.joined(separator: "; ")
            + ". The file needs a column for each of the model's features, in any order, the label, and no other."
    }

    /// At most eight names, so that a wide file does not fill the terminal.
    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(8).map(\.quotedForPeople).joined(separator: ", ")
        return names.count > 8 ? shown + " and \(names.count - 8) more" : shown
    }
}
