// What a cell says: a number, nothing, or text.
//
// The standard library's `Double(_:)` also takes hexadecimal floats, "nan" and "infinity", and turns 1e999 into
// infinity. In a data file these are mistakes, so the grammar is checked here first: an optional sign, digits with at
// most one point, an optional decimal exponent.

/// The content of one CSV cell.
enum CSVNumber: Equatable {
    /// A finite decimal number.
    case finite(Double)
    /// NaN, an infinity, or a number beyond the range of a 64-bit float.
    case notFinite
    /// Empty, or a mark that data tools write for a missing value.
    case missing
    /// Anything else.
    case text

    private static let missingMarks: Set<String> = ["", "?", "na", "n/a", "#n/a", "null", "none"]
    private static let notFiniteMarks: Set<String> = ["nan", "inf", "infinity"]

    init(_ cell: String) {
        if Self.isDecimal(cell.utf8) {
            if let value = Double(cell), value.isFinite {
                self = .finite(value)
            } else {
                self = .notFinite
            }
            return
        }
        let word = cell.lowercased()
        let unsigned = word.first == "-" || word.first == "+" ? String(word.dropFirst()) : word
        if Self.missingMarks.contains(word) {
            self = .missing
        } else if Self.notFiniteMarks.contains(unsigned) {
            self = .notFinite
        } else {
            self = .text
        }
    }

    /// True for `[+-] digits [. digits] [(e|E) [+-] digits]` with a digit before the exponent.
    private static func isDecimal(_ text: String.UTF8View) -> Bool {
        var rest = text[...]
        skipSign(&rest)
        var digits = skipDigits(&rest)
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            digits += skipDigits(&rest)
        }
        guard digits > 0 else { return false }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            skipSign(&rest)
            guard skipDigits(&rest) > 0 else { return false }
        }
        return rest.isEmpty
    }

    private static func skipSign(_ rest: inout Substring.UTF8View) {
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    }

    private static func skipDigits(_ rest: inout Substring.UTF8View) -> Int {
        var count = 0
        while let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            rest.removeFirst()
            count += 1
        }
        return count
    }
}
