/// Texts of protocols, byte by byte: media types, header fields, tokens, names of logs, addresses.
///
/// Swift's own `==`, `hasPrefix`, `split` and `lowercased` compare what people read. To them U+212A, the sign for kelvin, is a
/// `K` and in lower case a `k`; U+037E, a Greek question mark, is a `;`; and a semicolon under an accent is none. Everybody
/// else who reads the protocol compares bytes, so what is one text to us and two to a proxy or a peer would be a way around
/// a rule.
package enum ProtocolText {
    /// Whether both are the same bytes.
    package static func same(_ left: some StringProtocol, _ right: some StringProtocol) -> Bool {
        left.utf8.elementsEqual(right.utf8)
    }

    /// Whether both are the same bytes but for the case of ASCII letters.
    package static func sameIgnoringCase(_ left: some StringProtocol, _ right: some StringProtocol) -> Bool {
        left.utf8.elementsEqual(right.utf8) { lower($0) == lower($1) }
    }

    package static func hasPrefix(_ text: some StringProtocol, _ prefix: some StringProtocol) -> Bool {
        text.utf8.starts(with: prefix.utf8)
    }

    package static func hasPrefixIgnoringCase(_ text: some StringProtocol, _ prefix: some StringProtocol) -> Bool {
        text.utf8.starts(with: prefix.utf8) { lower($0) == lower($1) }
    }

    /// The text with its ASCII letters in lower case; all else stays.
    package static func lowercased(_ text: some StringProtocol) -> String {
        String(decoding: text.utf8.map(lower), as: UTF8.self)
    }

    /// The parts between bytes, empty ones included.
    ///
    /// - Parameters:
    ///   - separator: an ASCII character.
    ///   - most: no more parts than this; the last one has the rest.
    package static func split(
        _ text: some StringProtocol, by separator: UInt8, atMost most: Int = .max
    ) -> [Substring] {
        Substring(text).utf8.split(separator: separator, maxSplits: most - 1, omittingEmptySubsequences: false)
            .map { Substring($0) }
    }

    /// Without spaces and tabs at both ends, which is the white space of HTTP (RFC 9110 section 5.6.3).
    package static func trimmed(_ text: some StringProtocol) -> Substring {
        var rest = Substring(text).utf8
        while let first = rest.first, isSpace(first) { rest.removeFirst() }
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return Substring(rest)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
