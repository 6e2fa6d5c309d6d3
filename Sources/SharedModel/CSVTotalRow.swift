// The last row of a spreadsheet is often the sum of all others. Sent as a row, it doubles the result, and nothing in the
// result shows it.
//
// A row is taken for a total only where it says so and is one: a cell beside the values is a word for it, and the values are
// the exact sums of all rows above. Then the owner says which rows count.

import Encodings

extension CSVLayout {
    private static let totalWords: Set<String> = [
        "total", "totals", "grand total", "sum", "sums", "subtotal", "all", "overall", "summe", "gesamt", "gesamtsumme",
        "insgesamt", "total général", "somme", "totale", "suma", "totaal", "razem", "итого", "合计", "合計",
    ]

    /// Refuses a last row that is the total of the others in all chosen columns, and is named so.
    package func requireNoTotal() throws(CSVError) {
        guard rows.count > 2, let last = rows.last else { return }
        let name = (0..<columnCount).first { column in
            let text = last.cells[column].text.trimmed.lowercased()
            return !chosen.contains(column)
                && Self.totalWords.contains(text.hasSuffix(":") ? String(text.dropLast()) : text)
        }
        guard let name, !chosen.isEmpty, chosen.allSatisfy(isTotal) else { return }
        throw error(.totalRow(last.cells[name].text, rows: rows.count), line: last.line, column: chosen[0])
    }

    private func isTotal(_ column: Int) -> Bool {
        var sum: UInt128 = 0
        for row in rows.dropLast() {
            guard let value = try? NumberText.whole(row.cells[column].text), value <= UInt128(UInt64.max) else {
                return false
            }
            sum += value
        }
        return rows.last.flatMap { try? NumberText.whole($0.cells[column].text) } == sum
    }
}
