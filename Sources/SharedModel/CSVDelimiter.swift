// Which byte separates the cells of a file, where nobody says it.
//
// The first line shows the candidates, and where it has several, the one that gives every record the same width is taken.
// Where several do, nothing is guessed: `12,5;3` read at its commas would lose every fraction in silence.

import Encodings

/// Finds, names and reads delimiters.
package enum CSVDelimiter {
    package static let candidates: [Character] = [",", ";", "\t", "|"]

    /// Reads a command-line argument: one character, or the word `tab`.
    package static func byte(argument: String) -> UInt8? {
        if argument == "tab" || argument == "\\t" { return UInt8(ascii: "\t") }
        guard argument.utf8.count == 1, let byte = argument.utf8.first else { return nil }
        let character = Character(UnicodeScalar(byte))
        let isUsable = byte == UInt8(ascii: "\t") || byte >= 0x20 && byte < 0x7F
        return isUsable && !character.isLetter && !character.isNumber && !"\"+-.".contains(character) ? byte : nil
    }

    /// A delimiter as it is typed in a shell.
    package static func argument(for delimiter: Character) -> String { delimiter == "\t" ? "tab" : "'\(delimiter)'" }

    /// What may separate the columns of a file that seems to have one only; nil if nothing does.
    static func other(in cell: String) -> Character? {
        (candidates + [" ", ":", "^", "~", "/"]).first { delimiter in
            let parts = cell.split(separator: delimiter)
            return parts.count > 1 && parts.allSatisfy { $0.contains { $0.isLetter || $0.isNumber } }
        }
    }

    /// A delimiter in a sentence.
    package static func name(of delimiter: Character) -> String {
        switch delimiter {
        case "\t": "tabs"
        case " ": "blanks"
        default: "'\(delimiter)'"
        }
    }

    /// The records of a file whose delimiter nobody named, and the delimiter.
    ///
    /// - Throws: `CSVError.ambiguousDelimiter` where several fit, or the decimal comma that made them fit.
    static func records(fileName: String, bytes: [UInt8]) throws(CSVError) -> (CSVScanner.Records, UInt8) {
        let firstLine = CSVScanner.unquotedBytesOfFirstLine(bytes)
        let present = candidates.compactMap(\.asciiValue).filter(firstLine.contains)
        let preferred = present.first ?? UInt8(ascii: ",")
        guard present.count > 1 else {
            return (try CSVScanner.records(fileName: fileName, bytes: bytes, delimiter: preferred), preferred)
        }
        var fitting: [(records: CSVScanner.Records, delimiter: UInt8)] = []
        for delimiter in present {
            if let records = try? CSVScanner.records(fileName: fileName, bytes: bytes, delimiter: delimiter),
                let width = records.all.first?.cells.count, width > 1,
                records.all.allSatisfy({ $0.cells.count == width })
            {
                fitting.append((records, delimiter))
            }
        }
        if fitting.count == 1 { return fitting[0] }
        guard fitting.count > 1 else {
            return (try CSVScanner.records(fileName: fileName, bytes: bytes, delimiter: preferred), preferred)
        }
        for other in fitting.dropFirst() where fitting[0].delimiter == UInt8(ascii: ",") {
            for record in other.records.all {
                for (column, cell) in record.cells.enumerated() where cell.text.contains(",") {
                    let fault = NumberText.fault(of: cell.text)
                    switch fault {
                    case .decimalComma, .doubtfulComma, .thousandsSeparator:
                        throw CSVError(
                            file: fileName, line: cell.line, column: column + 1,
                            reason: .commaBesideDelimiter(fault, Character(UnicodeScalar(other.delimiter))))
                    default: break
                    }
                }
            }
        }
        throw CSVError(
            file: fileName, reason: .ambiguousDelimiter(fitting.map { Character(UnicodeScalar($0.delimiter)) }))
    }
}
