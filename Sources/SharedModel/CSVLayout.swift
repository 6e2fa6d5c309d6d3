// Where things stand in a table: what line 1 is, which columns are asked for, which records are rows.
//
// The one place that decides this, for values (`contribute --csv`) and for examples to train on alike.

import Encodings

/// The shape of a table: every row has `columnCount` cells.
package struct CSVLayout: Sendable, Equatable {
    package let firstLine: CSVFirstLine
    /// The line that `firstLine` is about, counted from 1.
    package let firstLineNumber: Int
    package let columnCount: Int
    /// The names of all columns, or empty without a header.
    package let columnNames: [String]
    /// The columns that were asked for, as indices from 0.
    package let chosen: [Int]
    /// The records that are rows of data, at least one.
    package let rows: ArraySlice<CSVRecord>
    /// Whether the owner said what line 1 is.
    package let isTold: Bool
    private let fileName: String
    private let delimiter: UInt8

    /// Decides about the first line, finds the columns, and checks that all rows have the same width.
    ///
    /// - Throws: `CSVError` for a missing or ambiguous column, a ragged row, a first line in doubt, or no rows.
    package init(
        of table: CSVTable, columns: [ColumnReference], header: HeaderRule = .detect, content: CSVContent
    ) throws(CSVError) {
        let first = table.records[0]
        fileName = table.fileName
        delimiter = table.delimiter
        firstLineNumber = first.line
        isTold = header != .detect
        var isExamples = false
        if case .examples = content { isExamples = true }
        // Where numbers are wanted beside the label, words among the counts are never data, whatever the owner says of names.
        let isCounts =
            (header == .detect || header == .absent && isExamples) && !columns.contains(where: \.isName)
            && CSVFirstLineDecision.isCountsLine(of: table)
        let reference = isCounts ? table.records[1] : first
        columnCount = reference.cells.count
        try Self.requireEqualWidths(table, reference: reference)
        if isExamples, columnCount < 2 {
            throw CSVError(
                file: table.fileName, line: first.line,
                reason: .noFeatures(CSVDelimiter.other(in: first.cells[0].text)))
        }

        let texts = first.cells.map(\.text)
        switch header {
        case .present: firstLine = .columnNames
        case .absent where isCounts: firstLine = .counts
        case .absent:
            firstLine = .data
            for case .name(let name) in columns { throw CSVError(file: fileName, reason: .nameWithoutHeader(name)) }
        case .detect where isCounts: firstLine = .counts
        case .detect where columns.contains(where: \.isName): firstLine = .columnNames
        case .detect:
            let indices = try Self.resolve(columns, names: texts, columnCount: columnCount, first: first, table)
            firstLine = try CSVFirstLineDecision(table: table, content: content, chosen: indices).decide()
        }
        columnNames = firstLine == .columnNames ? texts : []
        rows = table.records.dropFirst(firstLine == .data ? 0 : 1)
        chosen = try Self.resolve(
            columns, names: firstLine == .counts ? [] : texts, columnCount: columnCount, first: first, table)
        if rows.isEmpty { throw CSVError(file: table.fileName, line: first.line, reason: .noRows) }
    }

    /// The header's name of a column, or nil without a header.
    package func name(ofColumn index: Int) -> String? {
        columnNames.indices.contains(index) ? columnNames[index] : nil
    }

    /// An error about a cell, or about a whole row.
    package func error(_ reason: CSVError.Reason, line: Int?, column: Int? = nil) -> CSVError {
        CSVError(
            file: fileName, line: line, column: column.map { $0 + 1 },
            columnName: column.flatMap { name(ofColumn: $0) },
            reason: reason,
            mayBeHeader: line == firstLineNumber && firstLine == .data && !isTold && !isWordBelow(column))
    }

    /// Whether the second row has a word in a column, too: then the word in the first is no name but a category.
    private func isWordBelow(_ column: Int?) -> Bool {
        guard let column, rows.count > 1 else { return false }
        let text = rows[rows.startIndex + 1].cells[column].text
        return !NumberText.isDecimal(text) && NumberText.fault(of: text).isWord
    }

    /// What was decided, for whoever owns the file: `line 1 is the header, 150 rows follow`.
    package var summary: String {
        let count = rows.count == 1 ? "1 row" : "\(rows.count) rows"
        let follow = rows.count == 1 ? "\(count) follows" : "\(count) follow"
        switch firstLine {
        case .columnNames: return "line \(firstLineNumber) is the header, \(follow)"
        case .counts: return "line \(firstLineNumber) holds counts and class names and is skipped, \(follow)"
        case .data:
            let hint = isTold ? "" : " (say --header yes if it is a header)"
            return "line \(firstLineNumber) is data\(hint), \(count) in all"
        }
    }

    /// `column 2 ('steps') of 5, separated by ','`, with at most eight columns.
    package func words(forColumns columns: [Int]) -> String {
        let shown = columns.prefix(8).map { column in
            "\(column + 1)" + (name(ofColumn: column).map { $0.isEmpty ? "" : " (\($0.quotedForPeople))" } ?? "")
        }
        let more = columns.count > 8 ? " and \(columns.count - 8) more" : ""
        let between =
            columnCount == 1 ? "" : ", separated by \(CSVDelimiter.name(of: Character(UnicodeScalar(delimiter))))"
        return
            "column\(columns.count == 1 ? "" : "s") \(shown.joined(separator: ", "))\(more) of \(columnCount)\(between)"
    }

    /// A column beside the chosen ones whose cells count the rows, from 0 or from 1: used as a feature, it tells the order
    /// of the file and nothing else.
    package var rowNumberColumn: Int? {
        guard rows.count > 2 else { return nil }
        return (0..<columnCount).first { !chosen.contains($0) && numbersTheRows($0) }
    }

    /// The same where the header has no name for it, as data frames are written: then it is no part of the data.
    package var unnamedRowNumberColumn: Int? {
        columnNames.indices.first { columnNames[$0].isEmpty && !chosen.contains($0) && numbersTheRows($0) }
    }

    private func numbersTheRows(_ column: Int) -> Bool {
        [0, 1].contains { start in rows.enumerated().allSatisfy { $1.cells[column].isNumber($0 + start) } }
    }

    private static func requireEqualWidths(_ table: CSVTable, reference: CSVRecord) throws(CSVError) {
        let expected = reference.cells.count
        let records = table.records.drop { $0.line < reference.line }
        guard let odd = records.first(where: { $0.cells.count != expected }) else { return }
        let others = records.dropFirst()
        if others.count > 1, let width = others.first?.cells.count, width != expected,
            others.allSatisfy({ $0.cells.count == width })
        {
            throw CSVError(
                file: table.fileName, line: reference.line, reason: .oddFirstLine(found: expected, expected: width))
        }
        let found = odd.cells.count
        throw CSVError(
            file: table.fileName, line: odd.line, column: min(found, expected) + 1,
            reason: .raggedRow(found: found, expected: expected, asInLine: reference.line))
    }

    private static func resolve(
        _ columns: [ColumnReference], names: [String], columnCount: Int, first: CSVRecord, _ table: CSVTable
    ) throws(CSVError) -> [Int] {
        var indices: [Int] = []
        for column in columns {
            let unknown = CSVError(
                file: table.fileName, line: names.isEmpty ? nil : first.line,
                reason: .unknownColumn(column, available: names, columnCount: columnCount))
            let found: Int
            switch column {
            case .last: found = columnCount - 1
            case .index(let index):
                guard (0..<columnCount).contains(index) else { throw unknown }
                found = index
            case .name(let name):
                let matches = names.indices.filter { names[$0] == name }
                guard let match = matches.first else { throw unknown }
                guard matches.count == 1 else {
                    throw CSVError(
                        file: table.fileName, line: first.line, column: matches[1] + 1, reason: .ambiguousColumn(name))
                }
                found = match
            }
            guard !indices.contains(found) else {
                throw CSVError(file: table.fileName, column: found + 1, reason: .columnTwice)
            }
            indices.append(found)
        }
        return indices
    }
}
