// A decimal number as it is written, without a rounding.
//
// A 64-bit float merges 9007199254740993 with its neighbour, so whole numbers that are counted and labels that are
// compared never pass through one.

/// ±digits · 10^exponent, the same for every way to write one number: 7, +7.0, 007 and 70e-1 are equal.
package struct ExactDecimal: Hashable, Sendable {
    /// Never set for zero: -0 is 0.
    package let isNegative: Bool
    /// From the first to the last that is not zero; none for zero.
    package let digits: [UInt8]
    /// Power of ten of the last digit.
    package let exponent: Int

    /// Reads `[+-] digits [. digits] [(e|E) [+-] digits]` in ASCII with a digit before the exponent; nil for all else.
    package init?(_ text: String) {
        var rest = text.utf8[...]
        let isNegative = Self.takeSign(&rest)
        var digits = Self.takeDigits(&rest)
        let whole = digits.count
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            digits += Self.takeDigits(&rest)
        }
        guard !digits.isEmpty else { return nil }
        var exponent = whole - digits.count
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            let isBelow = Self.takeSign(&rest)
            let power = Self.takeDigits(&rest)
            guard !power.isEmpty else { return nil }
            // A power of more digits is far beyond any number that is used, whatever it is.
            let size = power.drop { $0 == 0 }.prefix(10).reduce(0) { $0 * 10 + Int($1) }
            exponent += isBelow ? -size : size
        }
        guard rest.isEmpty else { return nil }
        while digits.last == 0 {
            digits.removeLast()
            exponent += 1
        }
        self.digits = Array(digits.drop { $0 == 0 })
        self.exponent = self.digits.isEmpty ? 0 : exponent
        self.isNegative = isNegative && !self.digits.isEmpty
    }

    /// Whether nothing stands behind the point.
    package var isWhole: Bool { exponent >= 0 }

    /// The whole number without its sign; nil for a fraction, and above 38 digits.
    package var magnitude: UInt128? {
        guard isWhole, digits.count + exponent <= 38 else { return nil }
        let significant = digits.reduce(UInt128(0)) { $0 * 10 + UInt128($1) }
        return (0..<exponent).reduce(significant) { value, _ in value * 10 }
    }

    private static func takeSign(_ rest: inout Substring.UTF8View) -> Bool {
        guard let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") else { return false }
        rest.removeFirst()
        return sign == UInt8(ascii: "-")
    }

    private static func takeDigits(_ rest: inout Substring.UTF8View) -> [UInt8] {
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        rest.removeFirst(digits.count)
        return digits.map { $0 - UInt8(ascii: "0") }
    }
}

extension ExactDecimal: Comparable {
    package static func < (left: ExactDecimal, right: ExactDecimal) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.isSmallerInMagnitude(than: left) : left.isSmallerInMagnitude(than: right)
    }

    private func isSmallerInMagnitude(than other: ExactDecimal) -> Bool {
        if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
        let (places, otherPlaces) = (digits.count + exponent, other.digits.count + other.exponent)
        return places == otherPlaces ? digits.lexicographicallyPrecedes(other.digits) : places < otherPlaces
    }
}

extension ExactDecimal: CustomStringConvertible {
    /// The one spelling that all others of the number are shown as: `7`, `0.5`, and `1e-300` where there are many zeros.
    package var description: String {
        guard !digits.isEmpty else { return "0" }
        let sign = isNegative ? "-" : ""
        let text = digits.map(String.init).joined()
        let places = digits.count + exponent
        if exponent >= 0, places <= 38 { return sign + text + String(repeating: "0", count: exponent) }
        if exponent < 0, places > 0 { return "\(sign)\(text.prefix(places)).\(text.dropFirst(places))" }
        if exponent < 0, places > -6 { return "\(sign)0.\(String(repeating: "0", count: -places))\(text)" }
        return "\(sign)\(text.prefix(1))\(text.count > 1 ? "." : "")\(text.dropFirst())e\(places - 1)"
    }
}
