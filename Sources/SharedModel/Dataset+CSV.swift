// From a CSV table to a data set.
//
// Features: where the model names them, a column is the feature that its header names, in whatever order the file has
// them; a file without some of them, or with others, is refused by name.
//
// Classes: if all labels are numbers, "1" and "1.0" are the same class and classes are in numeric order; otherwise
// labels are text, in the order of their UTF-8 bytes. A task that declares its classes passes them in, because a
// contributor's own file need not contain every class and still must number them like everybody else. A label that says
// that there is none (`NA`, `?`), or a number that cannot be read (`12,5`), is no class unless the task declares it.

import Encodings

/// What a model that exists already says about the examples that it is trained on.
package struct ExpectedExamples: Sendable, Equatable {
    /// The class names in the order of the model's outputs.
    package let classes: [String]
    /// How many features a row has.
    package let featureCount: Int
    /// Their names in the model's order; empty where the model names none.
    package let featureNames: [String]

    package init(classes: [String], featureCount: Int, featureNames: [String] = []) {
        self.classes = classes
        self.featureCount = featureCount
        self.featureNames = featureNames
    }
}

extension Dataset {
    /// Above this many classes, more classes than half the rows means a label column that holds measurements.
    private static let plausibleClassCount = 20

    /// Reads features and labels out of a table.
    ///
    /// - Parameters:
    ///   - table: The parsed file.
    ///   - label: Which column is the label; all others are features.
    ///   - header: Whether the first line holds names; found out by default.
    ///   - expected: What the model says; nil takes classes and features as the file has them.
    /// - Throws: `CSVError` naming file, line and column of the first fault.
    package init(
        csv table: CSVTable, label: ColumnReference, header: HeaderRule = .detect, expected: ExpectedExamples? = nil
    ) throws(CSVError) {
        try self.init(layout: try Self.layout(of: table, label: label, header: header, expected: expected), expected)
    }

    /// What a table of examples looks like, for whoever wants to tell it.
    package static func layout(
        of table: CSVTable, label: ColumnReference, header: HeaderRule = .detect, expected: ExpectedExamples? = nil
    ) throws(CSVError) -> CSVLayout {
        var header = header
        // A line with all of the model's names is the header, although some other name in it may be a number.
        if header == .detect, let names = expected?.featureNames, names.contains(where: { !NumberText.isDecimal($0) }),
            Set(table.records[0].cells.map(\.text)).isSuperset(of: names)
        {
            header = .present
        }
        return try CSVLayout(
            of: table, columns: [label], header: header, content: .examples(classes: expected?.classes))
    }

    /// Reads features and labels out of a table whose layout is known.
    package init(layout: CSVLayout, _ expected: ExpectedExamples? = nil) throws(CSVError) {
        let label = layout.chosen[0]
        let columns = try Self.featureColumns(layout, label: label, expected)
        var features: [Double] = []
        features.reserveCapacity(layout.rows.count * columns.count)
        for record in layout.rows {
            for column in columns {
                let cell = record.cells[column]
                do throws(NumberFault) {
                    features.append(try NumberText.real(cell.text))
                } catch {
                    throw layout.error(.number(error), line: cell.line, column: column)
                }
            }
        }
        let labels = layout.rows.map { $0.cells[label] }
        let classes: ClassList
        if let expected {
            classes = ClassList(expected.classes)
        } else {
            classes = ClassList(try Self.classNames(of: labels, layout))
        }
        var indices: [Int] = []
        indices.reserveCapacity(labels.count)
        for cell in labels {
            guard let index = classes.index(of: cell.text) else {
                let fault = Self.labelFault(cell.text)
                throw layout.error(
                    fault.map { .label($0) } ?? .unknownClass(cell.text, declared: classes.names), line: cell.line,
                    column: label)
            }
            indices.append(index)
        }
        self.init(
            featureCount: columns.count,
            featureNames: layout.columnNames.isEmpty
                ? expected?.featureNames ?? [] : columns.map { layout.columnNames[$0] },
            classNames: classes.names, features: features, labels: indices)
    }

    /// The columns of the features in the model's order.
    private static func featureColumns(
        _ layout: CSVLayout, label: Int, _ expected: ExpectedExamples?
    ) throws(CSVError) -> [Int] {
        let rowNumbers = layout.unnamedRowNumberColumn
        let columns = (0..<layout.columnCount).filter { $0 != label && $0 != rowNumbers }
        if columns.isEmpty { throw layout.error(.noFeatures(nil), line: layout.firstLineNumber) }
        let line = layout.firstLineNumber
        if layout.firstLine == .columnNames {
            var seen: Set<String> = []
            for column in columns {
                let name = layout.columnNames[column]
                if name.isEmpty { throw layout.error(.unnamedColumn, line: line, column: column) }
                if !seen.insert(name).inserted {
                    throw layout.error(.ambiguousColumn(name), line: line, column: column)
                }
            }
        }
        guard let expected else { return columns }
        let names = expected.featureNames
        guard !names.isEmpty else {
            if columns.count != expected.featureCount {
                throw layout.error(.featureCount(found: columns.count, expected: expected.featureCount), line: nil)
            }
            return columns
        }
        guard layout.firstLine == .columnNames else {
            if !layout.isTold {
                try Self.requireNumbersInFirstLine(layout, columns)
                throw layout.error(.featuresNeedHeader(names), line: nil)
            }
            if columns.count != names.count {
                throw layout.error(.featureCount(found: columns.count, expected: names.count), line: nil)
            }
            return columns
        }
        let places = Dictionary(columns.map { (layout.columnNames[$0], $0) }, uniquingKeysWith: { first, _ in first })
        let missing = names.filter { places[$0] == nil }
        let wanted = Set(names)
        let surplus = columns.map { layout.columnNames[$0] }.filter { !wanted.contains($0) }
        guard missing.isEmpty, surplus.isEmpty else {
            throw layout.error(.otherFeatures(missing: missing, surplus: surplus), line: line)
        }
        return names.compactMap { places[$0] }
    }

    /// A first line that is neither a header nor numbers says more than that the file has no header.
    private static func requireNumbersInFirstLine(_ layout: CSVLayout, _ columns: [Int]) throws(CSVError) {
        guard layout.firstLine == .data, let first = layout.rows.first else { return }
        for column in columns {
            let cell = first.cells[column]
            do throws(NumberFault) {
                _ = try NumberText.real(cell.text)
            } catch {
                throw layout.error(.number(error), line: cell.line, column: column)
            }
        }
    }

    /// Why a text is no label of its own; nil if it can be the name of a class.
    private static func labelFault(_ text: String) -> NumberFault? {
        if NumberText.isDecimal(text) { return nil }
        let fault = NumberText.fault(of: text)
        switch fault {
        case .word, .malformed, .unit, .otherDelimiter, .losesPrecision, .notWhole, .negative: return nil
        case .missing, .notFinite, .spreadsheetError, .decimalComma, .doubtfulComma, .thousandsSeparator,
            .foreignCharacters, .invisible:
            return fault
        }
    }

    private static func classNames(of labels: [CSVCell], _ layout: CSVLayout) throws(CSVError) -> [String] {
        let label = layout.chosen[0]
        let texts = Set(labels.map(\.text))
        // Beside a plus, a minus is no mark of a missing value.
        for cell in labels where !(cell.text == "-" && texts.contains("+")) {
            if let fault = labelFault(cell.text) { throw layout.error(.label(fault), line: cell.line, column: label) }
        }
        let numbers = texts.map { ExactDecimal($0) }
        let names: [String]
        if numbers.contains(nil) {
            names = texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        } else {
            names = Set(numbers.compactMap { $0 }).sorted().map(\.description)
        }
        if names.count == 1 { throw layout.error(.singleClass(names[0]), line: nil, column: label) }
        if names.count > plausibleClassCount, names.count * 2 > labels.count {
            throw layout.error(.tooManyClasses(found: names.count, rows: labels.count), line: nil, column: label)
        }
        return names
    }
}
