// Which line is a header, and which column is the label.
//
// A file does not say whether its first line holds names or values, and a wrong guess costs a row or turns a name into
// a class. The rules, in this order, when the caller leaves the choice to us:
//
// 1. `rows,features,class,class...`, recognised because both counts are true of the file, is a line of counts (the
//    data files of scikit-learn begin so). It is skipped.
// 2. If the label column is given by name, the first line must be the header.
// 3. A first line with text and without any number among its features is a header.
// 4. A first line whose label is text, while all others are numbers, is a header (columns named 0, 1, 2...).
// 5. Otherwise it is data, and a stray text in it is an error like everywhere else, not a swallowed row.

/// How the user names the label column.
package enum LabelColumn: Sendable, Equatable {
    /// By the name in the header.
    case name(String)
    /// By its index, counted from 0.
    case index(Int)
    /// The rightmost column.
    case last

    /// Reads a command-line argument: an integer is an index counted from 0, everything else is a name.
    package init(argument: String) {
        if let index = Int(argument) {
            self = .index(index)
        } else {
            self = .name(argument)
        }
    }
}

/// Whether the first line holds column names.
package enum HeaderRule: Sendable, Equatable {
    case detect, present, absent
}

/// The shape of a table: every data row has `columnCount` cells, and one of them is the label.
package struct CSVLayout: Sendable, Equatable {
    /// What the first line turned out to be.
    package enum FirstLine: Sendable, Equatable {
        case data, columnNames, counts
    }

    package let firstLine: FirstLine
    package let columnCount: Int
    /// Index of the label column, counted from 0.
    package let labelIndex: Int
    /// The names of all columns, or empty without a header.
    package let columnNames: [String]

    /// Finds header and label column, and checks that all rows have the same width.
    ///
    /// - Throws: `CSVError` for a missing or ambiguous label column, a ragged row, a single column, or no rows.
    package init(
        of table: CSVTable, label: LabelColumn, header: HeaderRule = .detect
    ) throws(CSVError) {
        guard let first = table.records.first else { throw CSVError(file: table.fileName, reason: .emptyFile) }
        firstLine = Self.firstLine(of: table, first, label: label, header: header)
        columnNames = firstLine == .columnNames ? first.cells.map(\.text) : []
        guard let reference = firstLine == .counts ? table.records.dropFirst().first : first else {
            throw CSVError(file: table.fileName, reason: .noRows)
        }
        columnCount = reference.cells.count
        guard columnCount > 1 else { throw CSVError(file: table.fileName, line: first.line, reason: .noFeatures) }
        labelIndex = try Self.labelIndex(label, names: columnNames, columnCount: columnCount, table: table)
        for record in dataRecords(of: table) where record.cells.count != columnCount {
            throw CSVError(
                file: table.fileName, line: record.line,
                reason: .raggedRow(found: record.cells.count, expected: columnCount, asInLine: reference.line))
        }
        if dataRecords(of: table).isEmpty { throw CSVError(file: table.fileName, reason: .noRows) }
    }

    /// The records that are rows of data.
    package func dataRecords(of table: CSVTable) -> ArraySlice<CSVRecord> {
        table.records.dropFirst(firstLine == .data ? 0 : 1)
    }

    /// The header's name of a column, or nil without a header.
    package func name(ofColumn index: Int) -> String? {
        columnNames.indices.contains(index) ? columnNames[index] : nil
    }

    private static func firstLine(
        of table: CSVTable, _ first: CSVRecord, label: LabelColumn, header: HeaderRule
    ) -> FirstLine {
        switch header {
        case .present: return .columnNames
        case .absent: return .data
        case .detect: break
        }
        if isCountsLine(first, of: table) { return .counts }
        let width = first.cells.count
        let labelIndex: Int? =
            switch label {
            case .index(let index): index
            case .last: width - 1
            case .name(let name): first.cells.firstIndex { $0.text == name }
            }
        if case .name = label, labelIndex != nil { return .columnNames }
        let features = first.cells.indices.filter { $0 != labelIndex }.map { CSVNumber(first.cells[$0].text) }
        let hasNumber = features.contains { $0.isNumeric }
        if features.contains(.text), !hasNumber { return .columnNames }
        if let labelIndex, first.cells.indices.contains(labelIndex), table.records.count > 1,
            CSVNumber(first.cells[labelIndex].text) == .text,
            table.records.dropFirst().allSatisfy({ isNumber($0, at: labelIndex) })
        {
            return .columnNames
        }
        return .data
    }

    private static func isNumber(_ record: CSVRecord, at index: Int) -> Bool {
        record.cells.indices.contains(index) && CSVNumber(record.cells[index].text).isNumeric
    }

    private static func isCountsLine(_ first: CSVRecord, of table: CSVTable) -> Bool {
        guard table.records.count > 1, first.cells.count >= 4 else { return false }
        let width = table.records[1].cells.count
        return Int(first.cells[0].text) == table.records.count - 1
            && Int(first.cells[1].text) == width - 1
            && first.cells.dropFirst(2).allSatisfy { CSVNumber($0.text) == .text }
    }

    private static func labelIndex(
        _ label: LabelColumn, names: [String], columnCount: Int, table: CSVTable
    ) throws(CSVError) -> Int {
        let line = names.isEmpty ? nil : table.records.first?.line
        func unknown(_ wanted: String) -> CSVError {
            CSVError(
                file: table.fileName, line: line,
                reason: .unknownLabelColumn(wanted, available: names, columnCount: columnCount))
        }
        switch label {
        case .last:
            return columnCount - 1
        case .index(let index):
            guard (0..<columnCount).contains(index) else { throw unknown(String(index)) }
            return index
        case .name(let name):
            if names.isEmpty { throw CSVError(file: table.fileName, reason: .labelNameWithoutHeader(name)) }
            let matches = names.indices.filter { names[$0] == name }
            guard let match = matches.first else { throw unknown(name) }
            if matches.count > 1 {
                throw CSVError(file: table.fileName, line: line, reason: .ambiguousLabelColumn(name))
            }
            return match
        }
    }
}

extension CSVNumber {
    /// True if the cell was meant as a number, finite or not.
    fileprivate var isNumeric: Bool {
        switch self {
        case .finite, .notFinite: true
        case .missing, .text: false
        }
    }
}
