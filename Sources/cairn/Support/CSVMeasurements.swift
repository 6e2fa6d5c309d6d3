import SharedModel
import TaskTypes

/// The rows of a CSV file as measurements of a task, one report a row, each with the line where it stands.
///
/// All rows are read and checked before anything is sent.
struct CSVMeasurements {
    let layout: CSVLayout
    /// One for each row of `layout`.
    let values: [MeasurementValue]

    /// - Parameter columns: As many references as a report holds numbers.
    init(_ table: CSVTable, columns: [ColumnReference], header: HeaderRule, parser: MeasurementParser) throws {
        let layout = try CSVLayout(
            of: table, columns: columns, header: header, content: .values(truthWords: parser.takesTruthWords))
        self.layout = layout
        values = try layout.rows.map { row in
            let texts = layout.chosen.map { row.cells[$0].text }
            do {
                return try parser.measurement(texts)
            } catch let failure as CommandFailure {
                // The first cell at fault, or the row where only its cells together are.
                let column = parser.firstBadText(texts).map { layout.chosen[$0] }
                throw layout.error(
                    .value(problem: failure.problem, advice: failure.advice),
                    line: column.map { row.cells[$0].line } ?? row.line, column: column)
            }
        }
    }

    /// The line on which each measurement's row begins, counted from 1.
    var lines: [Int] { layout.rows.map(\.line) }
}
