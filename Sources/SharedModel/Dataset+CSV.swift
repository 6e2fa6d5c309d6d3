// From a CSV table to a data set.
//
// Classes: if all labels are numbers, "1" and "1.0" are the same class and classes are in numeric order; otherwise
// labels are text, in the order of their UTF-8 bytes. A task that declares its classes passes them in, because a
// contributor's own file need not contain every class and still must number them like everybody else.

extension Dataset {
    /// Above this many classes, more classes than half the rows means a label column that holds measurements.
    private static let plausibleClassCount = 20

    /// Reads features and labels out of a table.
    ///
    /// - Parameters:
    ///   - table: The parsed file.
    ///   - label: Which column is the label; all others are features.
    ///   - header: Whether the first line holds names; detected by default.
    ///   - declaredClasses: The task's class names in order, or nil to take them from the file.
    /// - Throws: `CSVError` naming file, line and column for the first cell that is missing, not a number or not
    ///   finite, for a ragged row, an unknown label column, a single class, or a label outside `declaredClasses`.
    package init(
        csv table: CSVTable, label: LabelColumn, header: HeaderRule = .detect, declaredClasses: [String]? = nil
    ) throws(CSVError) {
        let layout = try CSVLayout(of: table, label: label, header: header)
        try self.init(csv: table, layout: layout, declaredClasses: declaredClasses)
    }

    /// Reads features and labels out of a table whose layout is known.
    package init(
        csv table: CSVTable, layout: CSVLayout, declaredClasses: [String]? = nil
    ) throws(CSVError) {
        let records = layout.dataRecords(of: table)
        var features: [Double] = []
        features.reserveCapacity(records.count * (layout.columnCount - 1))
        var labelCells: [(text: String, line: Int)] = []
        labelCells.reserveCapacity(records.count)
        for record in records {
            for (column, cell) in record.cells.enumerated() {
                func error(_ reason: CSVError.Reason) -> CSVError {
                    CSVError(
                        file: table.fileName, line: cell.line, column: column + 1,
                        columnName: layout.name(ofColumn: column), reason: reason)
                }
                if column == layout.labelIndex {
                    if cell.text.isEmpty { throw error(.missingCell) }
                    if CSVNumber(cell.text) == .notFinite { throw error(.notFinite(cell.text)) }
                    labelCells.append((cell.text, cell.line))
                    continue
                }
                switch CSVNumber(cell.text) {
                case .finite(let value): features.append(value)
                case .missing: throw error(.missingCell)
                case .notFinite: throw error(.notFinite(cell.text))
                case .text: throw error(.notANumber(cell.text))
                }
            }
        }
        let classNames =
            if let declaredClasses { declaredClasses } else {
                try Self.classNames(of: labelCells.map(\.text), in: table, layout)
            }
        var featureNames = layout.columnNames
        if !featureNames.isEmpty { featureNames.remove(at: layout.labelIndex) }
        self.init(
            featureCount: layout.columnCount - 1, featureNames: featureNames, classNames: classNames,
            features: features, labels: try Self.labels(labelCells, classNames, in: table, layout))
    }

    private static func classNames(
        of labels: [String], in table: CSVTable, _ layout: CSVLayout
    ) throws(CSVError) -> [String] {
        func error(_ reason: CSVError.Reason) -> CSVError {
            CSVError(
                file: table.fileName, column: layout.labelIndex + 1,
                columnName: layout.name(ofColumn: layout.labelIndex), reason: reason)
        }
        let numbers = Set(labels).map { CSVNumber($0).finiteValue }
        let names: [String]
        if numbers.contains(nil) {
            names = Set(labels).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        } else {
            names = Set(numbers.compactMap { $0 }).sorted().map(canonicalName)
        }
        if names.count == 1 { throw error(.singleClass(names[0])) }
        if names.count > plausibleClassCount, names.count * 2 > labels.count {
            throw error(.tooManyClasses(found: names.count, rows: labels.count))
        }
        return names
    }

    private static func labels(
        _ cells: [(text: String, line: Int)], _ classNames: [String], in table: CSVTable, _ layout: CSVLayout
    ) throws(CSVError) -> [Int] {
        let indices = Dictionary(classNames.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        var labels: [Int] = []
        labels.reserveCapacity(cells.count)
        for cell in cells {
            let number = CSVNumber(cell.text).finiteValue
            guard let index = indices[cell.text] ?? number.flatMap({ indices[canonicalName($0)] }) else {
                throw CSVError(
                    file: table.fileName, line: cell.line, column: layout.labelIndex + 1,
                    columnName: layout.name(ofColumn: layout.labelIndex),
                    reason: .unknownClass(cell.text, declared: classNames))
            }
            labels.append(index)
        }
        return labels
    }

    /// One name per number: `3`, not `3.0`.
    private static func canonicalName(_ value: Double) -> String {
        Int64(exactly: value).map(String.init) ?? String(value)
    }
}

extension CSVNumber {
    fileprivate var finiteValue: Double? {
        if case .finite(let value) = self { value } else { nil }
    }
}
