// What a text says where a number is wanted: in the cells of a CSV file, in `--value`, in scaling bounds.
//
// One grammar for all: ASCII digits with at most one decimal point, a sign, a decimal exponent. `Double(_:)` also takes
// hexadecimal floats, "nan" and "infinity", and turns 1e999 into infinity; in data these are mistakes. What is not of the
// grammar is never guessed at (is 1,234 a decimal or a thousand?) but named as what it is.
//
// A number is what it is worth, however it is written: 7, +7, 007, 7.0, 7e0 and -0 are fine where a whole number is wanted.

/// Reads numbers.
package enum NumberText {
    /// A finite number, with blanks around it or none.
    ///
    /// Decimal fractions are rounded to the nearest 64-bit float, as everywhere; whole numbers are not rounded.
    package static func real(_ cell: String) throws(NumberFault) -> Double {
        let text = cell.trimmed
        guard isDecimal(text) else { throw fault(of: text) }
        guard let value = Double(text), value.isFinite else { throw .notFinite(text) }
        if text.utf8.count > 15 || value == 0, let exact = ExactDecimal(text) {
            if value == 0, !exact.digits.isEmpty { throw .losesPrecision(text) }
            // The shortest decimal that stands for the float: another one means that digits are lost.
            if exact.isWhole, ExactDecimal("\(value)") != exact { throw .losesPrecision(text) }
        }
        return value
    }

    /// A whole number from 0, exactly; what has more than 38 digits is as good as the largest.
    package static func whole(_ cell: String) throws(NumberFault) -> UInt128 {
        let text = cell.trimmed
        guard let number = ExactDecimal(text) else { throw fault(of: text) }
        guard number.isWhole else { throw .notWhole(text) }
        guard !number.isNegative else { throw .negative(text) }
        return number.magnitude ?? .max
    }

    /// Whether a text is of the grammar.
    package static func isDecimal(_ text: String) -> Bool {
        var rest = text.utf8[...]
        func isNext(_ bytes: UInt8...) -> Bool { rest.first.map(bytes.contains) ?? false }
        func skipDigits() -> Int {
            let count = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
            rest.removeFirst(count)
            return count
        }
        func skipSign() { if isNext(UInt8(ascii: "-"), UInt8(ascii: "+")) { rest.removeFirst() } }
        skipSign()
        var digits = skipDigits()
        if isNext(UInt8(ascii: ".")) {
            rest.removeFirst()
            digits += skipDigits()
        }
        guard digits > 0 else { return false }
        if isNext(UInt8(ascii: "e"), UInt8(ascii: "E")) {
            rest.removeFirst()
            skipSign()
            guard skipDigits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    private static let missingMarks: Set<String> = [
        "", "?", "??", "na", "n/a", "n.a.", "#n/a", "<na>", "null", "none", "nil", "missing", "nat", "\\n", "-", "--",
        "---",
        "–", "—", ".", "..", "...", "*", "#null!",
    ]
    private static let notFiniteMarks: Set<String> = ["nan", "inf", "infinity", "∞", "1.#inf", "1.#qnan", "1.#ind"]
    private static let spreadsheetErrors: Set<String> = ["#value!", "#ref!", "#div/0!", "#name?", "#num!"]

    /// What a text outside the grammar is.
    package static func fault(of text: String) -> NumberFault {
        let word = text.lowercased()
        let unsigned = word.first == "-" || word.first == "+" ? String(word.dropFirst()) : word
        if missingMarks.contains(word) { return .missing(text) }
        if notFiniteMarks.contains(unsigned) { return .notFinite(text) }
        if spreadsheetErrors.contains(word) { return .spreadsheetError(text) }
        let plain = plainCharacters(text)
        if plain != text {
            let fault = isDecimal(plain) ? nil : separatorFault(plain, as: text)
            if fault != nil || isDecimal(plain) { return .foreignCharacters(text) }
        }
        if let fault = separatorFault(text, as: text) { return fault }
        for delimiter in CSVDelimiter.candidates + [" "] where delimiter != "," && text.contains(delimiter) {
            let parts = text.split(separator: delimiter).map(\.trimmed)
            if parts.count > 1, parts.allSatisfy({ isDecimal($0) || separatorFault($0, as: $0) != nil }) {
                return .otherDelimiter(text, delimiter)
            }
        }
        let visible = String(String.UnicodeScalarView(text.unicodeScalars.filter { !isInvisible($0) })).trimmed
        if visible != text, isDecimal(visible) || separatorFault(visible, as: visible) != nil {
            return .invisible(text)
        }
        let bare = String(String.UnicodeScalarView(text.unicodeScalars.filter { !isUnit($0) })).trimmed
        for number in [bare, withoutUnitName(bare)] where number != text {
            if isDecimal(number) || separatorFault(number, as: number) != nil { return .unit(text) }
        }
        return isName(text) ? .word(text) : .malformed(text)
    }

    /// The text with the digits of other scripts, and signs that look like a minus, as plain ones.
    private static func plainCharacters(_ text: String) -> String {
        var plain = ""
        for scalar in text.unicodeScalars {
            if scalar.isASCII {
                plain.unicodeScalars.append(scalar)
            } else if scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue {
                plain += "\(Int(value))"
            } else if "\u{2212}\u{2010}\u{2011}\u{2012}\u{2013}\u{FE63}\u{FF0D}".unicodeScalars.contains(scalar) {
                plain += "-"
            } else if scalar == "\u{FF0E}" {
                plain += "."
            } else {
                plain.unicodeScalars.append(scalar)
            }
        }
        return plain
    }

    /// Commas, and points, marks and blanks between digits.
    private static func separatorFault(_ text: String, as shown: String) -> NumberFault? {
        var body = Substring(text)
        if body.first == "-" || body.first == "+" { body = body.dropFirst() }
        let blanks = " \u{A0}\u{202F}\u{2009}'\u{2019}_"
        let pieces = body.split(omittingEmptySubsequences: false) { $0 == "," || $0 == "." || blanks.contains($0) }
        let separators = body.filter { !isDigit($0) }
        guard !separators.isEmpty, separators.count == pieces.count - 1,
            pieces.dropFirst().allSatisfy({ !$0.isEmpty }), pieces.allSatisfy({ $0.allSatisfy(isDigit) })
        else { return nil }
        if separators == "," {
            let isThousand = (1...3).contains(pieces[0].count) && pieces[0].first != "0" && pieces[1].count == 3
            return isThousand ? .doubtfulComma(shown) : .decimalComma(shown)
        }
        // Groups of three digits; what follows another kind of separator at the end is the fraction.
        let hasFraction = separators.count > 1 && separators.last != separators.first
        let groups = hasFraction ? pieces.dropLast() : pieces[...]
        let grouping = hasFraction ? separators.dropLast() : separators[...]
        guard Set(grouping).count == 1, grouping.first != "." || separators.count > 1,
            (1...3).contains(pieces[0].count),
            groups.dropFirst().allSatisfy({ $0.count == 3 }), !hasFraction || ".,".contains(separators.suffix(1))
        else { return nil }
        return .thousandsSeparator(shown)
    }

    private static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }

    /// The number in front of `5 kg`, `30°C` or `12 m²`.
    private static func withoutUnitName(_ text: String) -> String {
        let scalars = text.unicodeScalars
        let isOfName: (Unicode.Scalar) -> Bool = { $0.properties.isAlphabetic || "°²³/ ".unicodeScalars.contains($0) }
        guard let last = scalars.lastIndex(where: { !isOfName($0) }) else { return text }
        // `1e` is an exponent without its digits.
        let name = String(scalars[scalars.index(after: last)...])
        return name.lowercased() == "e" ? text : String(scalars[...last])
    }

    /// What no screen shows: byte order marks, zero-width characters, control characters, and blanks that are not plain.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .format, .control, .lineSeparator, .paragraphSeparator: true
        case .spaceSeparator: !scalar.isASCII
        default: false
        }
    }

    private static func isUnit(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "%" || scalar == "‰" || scalar.properties.generalCategory == .currencySymbol
    }

    /// Whether the text can name a column: it begins with a letter, whatever signs stand before it, or is a date.
    private static func isName(_ text: String) -> Bool {
        guard
            let first = text.unicodeScalars.first(where: {
                $0.properties.isAlphabetic || $0.properties.numericType != nil
            })
        else { return false }
        return first.properties.numericType == nil || isDate(text)
    }

    /// `2026-11-29`, `29.11.2026`, `11/29/26`, and the same with a time behind it.
    package static func isDate(_ text: String) -> Bool {
        let day = text.prefix { isDigit($0) || "-./".contains($0) }
        let parts = day.split(omittingEmptySubsequences: false) { !isDigit($0) }
        guard parts.count == 3, Set(day.filter { !isDigit($0) }).count == 1 else { return false }
        let sizes = parts.map(\.count)
        guard day.count == text.count || "T ".contains(text[day.endIndex]) else { return false }
        return sizes == [4, 2, 2]
            || (1...2).contains(sizes[0]) && (1...2).contains(sizes[1]) && [2, 4].contains(sizes[2])
    }
}

extension StringProtocol {
    /// The text without spaces and tabs at either end.
    package var trimmed: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let start = firstIndex(where: { !isBlank($0) }), let end = lastIndex(where: { !isBlank($0) }) else {
            return ""
        }
        return String(self[start...end])
    }
}
