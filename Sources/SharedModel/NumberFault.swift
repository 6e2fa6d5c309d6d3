// What is wrong with a text where a number is wanted, in the words of the person who wrote it.

import Encodings

/// Why a text is not the number that is asked for; each case holds the text.
package enum NumberFault: Error, Hashable, Sendable {
    /// Nothing at all, or a mark that data tools write for a missing value (`NA`, `?`, `null`...).
    case missing(String)
    /// NaN, an infinity, or beyond the range of a 64-bit float.
    case notFinite(String)
    /// What a spreadsheet shows in place of a number (`#DIV/0!`).
    case spreadsheetError(String)
    /// `12,5`
    case decimalComma(String)
    /// `1,234`: one of the two, and nobody can tell which.
    case doubtfulComma(String)
    /// `1,234.5`, `1.234,5`, `1'234`, `1 234`
    case thousandsSeparator(String)
    /// Digits or a minus sign of another script: `−5`, `５`.
    case foreignCharacters(String)
    /// Numbers around what separates the columns of another kind of file.
    case otherDelimiter(String, Character)
    /// A number with a character that no screen shows, such as a byte order mark in the middle of a file.
    case invisible(String)
    /// `5%`, `$5`, `5 kg`
    case unit(String)
    /// A whole number that a 64-bit float cannot hold, or a number so small that it would become 0.
    case losesPrecision(String)
    /// Where a whole number is wanted: `7.5`.
    case notWhole(String)
    /// Where a number from 0 is wanted: `-1`.
    case negative(String)
    /// Text that could be the name of a column.
    case word(String)
    /// Anything else: `0x10`, `1.2.3`.
    case malformed(String)

    /// Whether the text is one that nobody writes for a number, so that it may be the name of a column.
    package var isWord: Bool {
        if case .word = self { true } else { false }
    }

    /// What is wrong: a sentence without its full stop.
    package var problem: String {
        switch self {
        case .missing(""): "the value is missing"
        case .missing(let text): "\(text.quotedForPeople) says that the value is missing"
        case .notFinite(let text): "\(text.quotedForPeople) is not a finite number"
        case .spreadsheetError(let text): "\(text.quotedForPeople) is an error of the spreadsheet, not a number"
        case .decimalComma(let text): "\(text.quotedForPeople) has a decimal comma"
        case .doubtfulComma(let text):
            "\(text.quotedForPeople) has a comma, which may be a decimal comma or a thousands separator"
        case .thousandsSeparator(let text): "\(text.quotedForPeople) has thousands separators"
        case .foreignCharacters(let text):
            "\(text.quotedForPeople) is written with digits or signs that are not the plain ones"
        case .otherDelimiter(let text, let delimiter):
            "\(text.quotedForPeople) is no number: the file's columns seem to be separated by "
                + CSVDelimiter.name(of: delimiter)
        case .invisible(let text): "\(text.quotedForPeople) has an invisible character beside the number"
        case .unit(let text): "\(text.quotedForPeople) has a unit or sign beside the number"
        case .losesPrecision(let text): "\(text.quotedForPeople) cannot be kept exactly in a 64-bit float"
        case .notWhole(let text): "\(text.quotedForPeople) is not a whole number"
        case .negative(let text): "\(text.quotedForPeople) is negative"
        case .word(let text), .malformed(let text): "\(text.quotedForPeople) is not a number"
        }
    }

    /// What to do, in full sentences.
    package var advice: String {
        switch self {
        case .missing: "Fill it in, or leave the row out."
        case .notFinite: "Replace it by a number, or leave the row out."
        case .spreadsheetError: "Mend the formula, or leave the row out."
        case .decimalComma: "Write a decimal point, as in 12.5."
        case .doubtfulComma: "Write a decimal point, or leave the separator out."
        case .thousandsSeparator: "Write plain digits, with a decimal point where there is a fraction."
        case .foreignCharacters: "Write the digits 0 to 9 and the sign -."
        case .otherDelimiter(_, let delimiter): "Say --delimiter \(CSVDelimiter.argument(for: delimiter))."
        case .invisible, .unit: "Write the number alone."
        case .losesPrecision: "If it is an identifier, leave the column out; otherwise write fewer digits."
        case .notWhole(let text) where text.contains("."): "Whole numbers have no fraction but zeros, as in 7 or 7.0."
        case .notWhole: "Write a number such as 7."
        case .negative: "Numbers from 0 are taken."
        case .word, .malformed: "Write a number such as 3, -0.5 or 1e-3."
        }
    }
}
