// The small pieces of text that every C2SP log format is made of: lines that end in one newline (U+000A), decimal
// numbers with no leading zero, lowercase hex. They work on bytes because the formats are signed as bytes; Swift's
// String would compare by Unicode equivalence and treat "\r\n" as one character.

/// Reads newline-terminated lines off the front of a byte sequence.
struct LineReader {
    private(set) var rest: ArraySlice<UInt8>
    /// Number of the line that `next()` returned last, from 1, for error messages.
    private(set) var lineNumber = 0

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    /// The next line without its newline, or nil when no terminated line is left (`rest` then holds what remains).
    mutating func next() -> ArraySlice<UInt8>? {
        guard let end = rest.firstIndex(of: ASCII.newline) else { return nil }
        let line = rest[rest.startIndex..<end]
        rest = rest[(end + 1)...]
        lineNumber += 1
        return line
    }
}

enum ASCII {
    static let newline: UInt8 = 0x0A
    static let tab: UInt8 = 0x09
    static let space: UInt8 = 0x20
    static let plus = UInt8(ascii: "+")

    /// The value of a decimal number written the one way C2SP allows: digits only, no leading zero except for zero
    /// itself, within 64 bits. Nil otherwise.
    static func decimal(_ text: some Collection<UInt8>) -> UInt64? {
        guard let first = text.first, text.count == 1 || first != UInt8(ascii: "0") else { return nil }
        var value: UInt64 = 0
        for character in text {
            guard case UInt8(ascii: "0")...UInt8(ascii: "9") = character else { return nil }
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(UInt64(character - UInt8(ascii: "0")))
            guard !overflowed, !carried else { return nil }
            value = sum
        }
        return value
    }

    /// True if both strings are the same bytes. `==` on String would also equate different encodings of "é".
    static func same(_ left: String, _ right: String) -> Bool {
        left.utf8.elementsEqual(right.utf8)
    }
}

extension UInt32 {
    /// Big-endian, as the C2SP formats write every binary integer.
    var bigEndianBytes: [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: self >> $0) }
    }
}

extension UInt64 {
    /// Big-endian, as the C2SP formats write every binary integer.
    var bigEndianBytes: [UInt8] {
        [56, 48, 40, 32, 24, 16, 8, 0].map { UInt8(truncatingIfNeeded: self >> $0) }
    }

    /// The number that up to eight big-endian bytes hold.
    init(bigEndianBytes bytes: some Collection<UInt8>) {
        self = bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
