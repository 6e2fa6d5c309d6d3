// Is line 1 a header or data?
//
// A file does not say, and a wrong guess costs a row or counts a name. So nothing is guessed: line 1 is a header only where
// it cannot be data and all other lines are, and where something speaks for a header and something for data, the file is
// refused until its owner says `--header yes` or `--header no`. In this order:
//
// 1. What the owner says.
// 2. Where a column is asked for by its name, line 1 names the columns.
// 3. `rows,features,class,class...`, with both counts true of the file, is a line of counts (the data files of
//    scikit-learn begin so). It is skipped.
// 4. Where every cell of line 1 that a number is wanted from is a word, it is a header; a word below is a fault then, and
//    the file is refused there. A number that is out of range, NA, or `12,5` is no word: it is faulty data, in line 1 as in
//    any other.
//    Where the other cells of line 1 are numbers or dates like those below, the word may be a faulty value: the owner has to
//    say.
// 5. Numbers in line 1 are data, unless they look like names: a word stands over numbers in another column; the first cell
//    is empty, over numbers of the rows; only line 1 is in quotation marks; the features count up from 0; all are years, over what for the most part are none.
//    Then the owner has to say.

import Encodings

/// Whether the first line holds column names: what the owner of a file says.
package enum HeaderRule: Sendable, Equatable {
    case detect, present, absent
}

/// What is read from a table, and so what its cells may hold.
package enum CSVContent: Sendable, Equatable {
    /// The chosen columns hold numbers; with `truthWords`, `yes` and `false` are numbers, too.
    case values(truthWords: Bool)
    /// The chosen column holds the label of an example, of these classes if they are known, and all others its features.
    case examples(classes: [String]?)
}

/// What the first line turned out to be.
package enum CSVFirstLine: Sendable, Equatable {
    case data, columnNames, counts
}

/// The decision about a table.
struct CSVFirstLineDecision {
    let table: CSVTable
    let content: CSVContent
    /// The columns that were asked for by index, resolved.
    let chosen: [Int]

    private var first: CSVRecord { table.records[0] }
    private var others: ArraySlice<CSVRecord> { table.records.dropFirst() }

    /// - Throws: `CSVError.undecidedHeader`.
    func decide() throws(CSVError) -> CSVFirstLine {
        guard !others.isEmpty else { return .data }
        let columns = numericColumns
        let words = columns.filter { isWord(first, $0) }
        if !words.isEmpty {
            // A header may leave the cell over the numbers of the rows empty.
            let isAllWords = columns.allSatisfy { isWord(first, $0) || first.cells[$0].text.isEmpty }
            guard isAllWords else { return .data }
            if let evidence = dataEvidence(words: words) { throw undecided(evidence.text, column: evidence.column) }
            return .columnNames
        }
        if isEmptyOverRowNumbers {
            throw undecided("its first cell is empty, over cells that number the rows", column: 0)
        }
        guard columns.allSatisfy({ isNumber(first, $0) }) else { return .data }
        if let evidence = labelEvidence {
            if countsUpFromZero(first, columns) { return .columnNames }
            throw undecided(evidence.text, column: evidence.column)
        }
        if let evidence = otherEvidence(columns) { throw undecided(evidence.text, column: evidence.column) }
        return .data
    }

    /// Where numbers are wanted.
    private var numericColumns: [Int] {
        switch content {
        case .values: chosen
        case .examples: first.cells.indices.filter { !chosen.contains($0) }
        }
    }

    private func isWord(_ record: CSVRecord, _ column: Int) -> Bool {
        let text = record.cells[column].text.trimmed
        // `yes` is a value, if not always one of the kind that is wanted.
        if NumberText.isDecimal(text) || TruthWord(text) != nil { return false }
        return NumberText.fault(of: text).isWord
    }

    private func isNumber(_ record: CSVRecord, _ column: Int) -> Bool {
        let text = record.cells[column].text.trimmed
        return NumberText.isDecimal(text) || content == .values(truthWords: true) && TruthWord(text) != nil
    }

    private func undecided(_ evidence: String, column: Int?) -> CSVError {
        CSVError(
            file: table.fileName, line: first.line, column: column.map { $0 + 1 }, reason: .undecidedHeader(evidence))
    }

    /// A word where a number is wanted, in a line that is like all others in the columns that nobody asked for.
    private func dataEvidence(words: [Int]) -> (text: String, column: Int)? {
        guard case .values = content, let word = words.first else { return nil }
        // A word over numbers in another column is a name, and so is the rest.
        if wordOverNumbers(beside: words) != nil { return nil }
        let start = "\(first.cells[word].text.quotedForPeople) is no number, but in column"
        for column in first.cells.indices where !chosen.contains(column) {
            let cell = first.cells[column]
            let isAlike: (CSVCell) -> Bool
            if NumberText.isDecimal(cell.text.trimmed) {
                // Years over other numbers are names.
                if isYear(cell), !mostly(isYear, in: [column]) { continue }
                isAlike = { NumberText.isDecimal($0.text.trimmed) }
            } else if NumberText.isDate(cell.text.trimmed) {
                isAlike = { NumberText.isDate($0.text.trimmed) }
            } else {
                continue
            }
            if others.allSatisfy({ isAlike($0.cells[column]) }) {
                return ("\(start) \(column + 1) it has \(cell.text.quotedForPeople), as other lines have", word)
            }
        }
        return nil
    }

    private func wordOverNumbers(beside columns: [Int]) -> Int? {
        first.cells.indices.first { column in
            !columns.contains(column) && isWord(first, column)
                && others.allSatisfy { NumberText.isDecimal($0.cells[column].text) }
        }
    }

    /// What data frames write for the numbers of the rows.
    private var isEmptyOverRowNumbers: Bool {
        first.cells.count > 1 && first.cells[0].text.isEmpty
            && others.enumerated().allSatisfy { $1.cells[0].isNumber($0) || $1.cells[0].isNumber($0 + 1) }
    }

    /// A label in line 1 that is of another kind than all others.
    private var labelEvidence: (text: String, column: Int)? {
        guard case .examples(let classes) = content, let label = chosen.first else { return nil }
        let text = first.cells[label].text
        let list = classes.map(ClassList.init)
        let isClass: (String) -> Bool = { text in list.map { $0.index(of: text) != nil } ?? NumberText.isDecimal(text) }
        guard isWord(first, label), !isClass(text), others.allSatisfy({ isClass($0.cells[label].text) }) else {
            return nil
        }
        let others = classes == nil ? "all other labels are numbers" : "all other labels are classes of the task"
        return ("the label is \(text.quotedForPeople), and \(others)", label)
    }

    /// Numbers in line 1 that may be names all the same.
    private func otherEvidence(_ columns: [Int]) -> (text: String, column: Int?)? {
        if case .values = content {
            if let column = wordOverNumbers(beside: columns) {
                return ("it has \(first.cells[column].text.quotedForPeople) over a column of numbers", column)
            }
        }
        if columns.allSatisfy({ first.cells[$0].isQuoted }),
            !others.contains(where: { record in columns.contains { record.cells[$0].isQuoted } })
        {
            return ("its cells are in quotation marks, and those below are not", columns.first)
        }
        if case .examples = content, columns.count > 1, countsUpFromZero(first, columns),
            !others.contains(where: { countsUpFromZero($0, columns) })
        {
            return ("its cells beside the label count up from 0", nil)
        }
        if first.cells.count > 2, countsUp(first), !others.contains(where: countsUp) {
            return ("its cells count up from 0", nil)
        }
        if columns.allSatisfy({ isYear(first.cells[$0]) }), !mostly(isYear, in: columns) {
            return ("it holds years, and most other lines do not", columns.first)
        }
        return nil
    }

    private func countsUp(_ record: CSVRecord) -> Bool {
        record.cells.enumerated().allSatisfy { $1.isNumber($0) }
    }

    private func countsUpFromZero(_ record: CSVRecord, _ features: [Int]) -> Bool {
        features.enumerated().allSatisfy { record.cells[$1].isNumber($0) }
    }

    /// Whether something holds for all of these columns in at least half of the other lines.
    private func mostly(_ holds: (CSVCell) -> Bool, in columns: [Int]) -> Bool {
        others.count { record in columns.allSatisfy { holds(record.cells[$0]) } } * 2 >= others.count
    }

    private func isYear(_ cell: CSVCell) -> Bool {
        guard let year = try? NumberText.whole(cell.text) else { return false }
        return (1900...2100).contains(year)
    }

    static func isCountsLine(of table: CSVTable) -> Bool {
        guard table.records.count > 1, let first = table.records.first, first.cells.count >= 4 else { return false }
        let width = table.records[1].cells.count
        return Int(first.cells[0].text) == table.records.count - 1
            && Int(first.cells[1].text) == width - 1
            && first.cells.dropFirst(2).allSatisfy {
                !NumberText.isDecimal($0.text) && NumberText.fault(of: $0.text).isWord
            }
    }
}

extension CSVCell {
    /// Whether the cell is this number, however it is written.
    func isNumber(_ number: Int) -> Bool { (try? NumberText.whole(text)) == UInt128(number) }
}
