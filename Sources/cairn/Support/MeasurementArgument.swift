import DAP
import SharedModel

/// Turns text into a measurement of a task's type. Errors say what is allowed; the caller adds where the text stands.
struct MeasurementParser {
    let vdaf: VDAFConfiguration

    /// How many numbers one report holds.
    var width: Int {
        // One bucket, whose number stands for all of them.
        if case .histogram = vdaf.base { 1 } else { vdaf.outputLength }
    }

    /// A value as `--value` gives it: vectors are numbers separated by commas.
    func value(_ text: String) throws -> MeasurementValue {
        try measurement(text.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
    }

    /// One report from as many texts as it holds numbers.
    func measurement(_ texts: [String]) throws -> MeasurementValue {
        guard texts.count == width else {
            throw CommandFailure("the task takes \(width) number\(width == 1 ? "" : "s") a report, not \(texts.count)")
        }
        switch vdaf.base {
        case .count:
            return .bool(try bool(texts[0]))
        case .sum(let maximum):
            return .integer(try integer(texts[0], upTo: maximum))
        case .sumVec(_, let maximum, _), .sumVecField64(_, let maximum, _, _):
            return .vector(try texts.map { try integer($0, upTo: maximum) })
        case .histogram(let length, _):
            return .bucket(Int(try integer(texts[0], upTo: UInt64(length) - 1)))
        case .multihotCountVec(_, let maxWeight, _):
            let choices = try texts.map(bool)
            let weight = UInt64(choices.count { $0 })
            guard weight <= maxWeight else {
                throw CommandFailure("\(weight) options are chosen", advice: "The task takes up to \(maxWeight).")
            }
            return .choices(choices)
        case .l1BoundSum(_, let maximum, _):
            let values = try texts.map { try integer($0, upTo: maximum) }
            let sum = values.reduce(UInt128(0)) { $0 + UInt128($1) }
            guard sum <= UInt128(maximum) else {
                throw CommandFailure("the numbers add up to \(sum)", advice: "The task takes up to \(maximum).")
            }
            return .vector(values)
        case .boundedL2:
            return .real(try texts.map(real))
        case .committed:
            throw CommandFailure("the task's type is not one that takes values")
        }
    }

    private func real(_ text: String) throws -> Double {
        guard let value = Double(text), value.isFinite else {
            throw CommandFailure("'\(text)' is not a number")
        }
        return value
    }

    private func bool(_ text: String) throws -> Bool {
        switch text.lowercased() {
        case "": throw CommandFailure("the value is missing")
        case "1", "true", "yes": return true
        case "0", "false", "no": return false
        default: throw CommandFailure("'\(text)' is not true or false", advice: "Write 1 or 0.")
        }
    }

    private func integer(_ text: String, upTo maximum: UInt64) throws -> UInt64 {
        guard !text.isEmpty else { throw CommandFailure("the value is missing") }
        guard let value = UInt64(text) else {
            throw CommandFailure("'\(text)' is not a whole number", advice: "The task takes 0 to \(maximum).")
        }
        guard value <= maximum else {
            throw CommandFailure("\(value) is too large", advice: "The task takes 0 to \(maximum).")
        }
        return value
    }
}

/// The columns of a CSV file that go into reports, one report a row.
struct CSVColumns {
    let table: CSVTable
    let indices: [Int]
    let names: [String]
    let rows: ArraySlice<CSVRecord>

    /// Finds the columns by name, which needs a header, or by index from 0; then the first line is a header if it is
    /// not of the task's type.
    init(_ table: CSVTable, columns: [String], parser: MeasurementParser) throws {
        guard let first = table.records.first else { throw CSVError(file: table.fileName, reason: .emptyFile) }
        let header = first.cells.map(\.text)
        var isHeader = false
        indices = try columns.map { column in
            if let index = Int(column), !header.contains(column) {
                guard header.indices.contains(index) else { throw Self.unknown(column, header: header, in: table) }
                return index
            }
            isHeader = true
            let matches = header.indices.filter { header[$0] == column }
            guard let match = matches.first else { throw Self.unknown(column, header: header, in: table) }
            guard matches.count == 1 else {
                throw CommandFailure(
                    "\(table.fileName), line \(first.line): several columns are named '\(column)'",
                    advice: "Give the column's index, counted from 0.")
            }
            return match
        }
        if !isHeader {
            isHeader = parser.firstBadCell(indices.map { header[$0] }) != nil && table.records.count > 1
        }
        names = isHeader ? header : []
        rows = table.records.dropFirst(isHeader ? 1 : 0)
        self.table = table
        guard !rows.isEmpty else { throw CSVError(file: table.fileName, reason: .noRows) }
    }

    /// Every row's measurement; nothing is returned unless all are good.
    func measurements(_ parser: MeasurementParser) throws -> [MeasurementValue] {
        try rows.map { row in
            let cells = try indices.map { index in
                guard row.cells.indices.contains(index) else {
                    throw CommandFailure(
                        "\(table.fileName), line \(row.line), column \(index + 1): the row has only \(row.cells.count) cells"
                    )
                }
                return row.cells[index].text
            }
            do {
                return try parser.measurement(cells)
            } catch let failure as CommandFailure {
                throw try locate(failure, in: row, cells: cells, parser: parser)
            }
        }
    }

    /// Names the first cell at fault, or the row where only its cells together are.
    private func locate(
        _ failure: CommandFailure, in row: CSVRecord, cells: [String], parser: MeasurementParser
    ) throws -> CommandFailure {
        guard let position = parser.firstBadCell(cells) else {
            return CommandFailure(
                "\(table.fileName), line \(row.line): \(failure.problem)", advice: failure.advice)
        }
        let column = indices[position]
        let name = names.indices.contains(column) ? " ('\(names[column])')" : ""
        return CommandFailure(
            "\(table.fileName), line \(row.line), column \(column + 1)\(name): \(failure.problem)",
            advice: failure.advice)
    }

    private static func unknown(_ column: String, header: [String], in table: CSVTable) -> CommandFailure {
        let names = header.prefix(8).map { "'\($0)'" }.joined(separator: ", ") + (header.count > 8 ? ", …" : "")
        return CommandFailure(
            "\(table.fileName), line \(table.records.first?.line ?? 1): there is no column '\(column)'",
            advice: "The line holds \(names). Give one of these names, or an index from 0 to \(header.count - 1).")
    }
}

extension MeasurementParser {
    /// The first cell that cannot be in any report.
    fileprivate func firstBadCell(_ cells: [String]) -> Int? {
        let single = MeasurementParser(vdaf: scalar)
        return cells.firstIndex { (try? single.measurement([$0])) == nil }
    }

    /// The type of one number of a report.
    private var scalar: VDAFConfiguration {
        switch vdaf.base {
        case .count, .multihotCountVec: .count
        case .sum, .histogram, .committed: vdaf.base
        case .boundedL2(_, let integerBound, let fractionalBits, let isField128):
            .boundedL2(
                dimension: 1, integerBound: integerBound, fractionalBits: fractionalBits, isField128: isField128)
        case .sumVec(_, let maximum, _), .l1BoundSum(_, let maximum, _), .sumVecField64(_, let maximum, _, _):
            .sum(maxMeasurement: maximum)
        }
    }
}
