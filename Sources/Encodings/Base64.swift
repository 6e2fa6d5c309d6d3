/// Base64 (RFC 4648) in the two forms that our protocols use: the standard alphabet with padding (C2SP text formats, RFC
/// 9651 byte sequences), and the URL-safe alphabet without (DAP's identifiers in URLs and problem documents).
///
/// Decoding accepts what encoding produces and nothing else: full padding or none, no white space, zeros in the unused
/// bits of the last digit. So an identifier has one spelling, and parsing and serializing a note are exact inverses.
package enum Base64 {
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let digits = digits(of: bytes, alphabet: standard)
        let padding = repeatElement(pad, count: (4 - digits.count % 4) % 4)
        return String(decoding: digits + padding, as: UTF8.self)
    }

    package static func encodeURL(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: digits(of: bytes, alphabet: urlSafe), as: UTF8.self)
    }

    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        decode(Array(text.utf8))
    }

    /// Decodes text that is at hand as bytes.
    package static func decode(_ text: some BidirectionalCollection<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        let padding = text.suffix(2).reversed().prefix { $0 == pad }.count
        return bytes(of: text.dropLast(padding), values: standardValues)
    }

    package static func decodeURL(_ text: some StringProtocol) -> [UInt8]? {
        bytes(of: text.utf8, values: urlSafeValues)
    }

    private static let common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    private static let standard = Array((common + "+/").utf8)
    private static let urlSafe = Array((common + "-_").utf8)
    private static let standardValues = values(of: standard)
    private static let urlSafeValues = values(of: urlSafe)
    private static let pad = UInt8(ascii: "=")
    private static let noDigit: UInt8 = 0xff

    /// The value of every character, `noDigit` for those that are none.
    private static func values(of alphabet: [UInt8]) -> [UInt8] {
        var values = [UInt8](repeating: noDigit, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }

    private static func digits(of bytes: some Sequence<UInt8>, alphabet: [UInt8]) -> [UInt8] {
        var digits: [UInt8] = []
        digits.reserveCapacity(bytes.underestimatedCount / 3 * 4 + 4)
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                digits.append(alphabet[Int(buffer >> bits & 63)])
            }
        }
        if bits > 0 { digits.append(alphabet[Int(buffer << (6 - bits) & 63)]) }
        return digits
    }

    private static func bytes(of characters: some Collection<UInt8>, values: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(characters.count / 4 * 3 + 2)
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for character in characters {
            let value = values[Int(character)]
            guard value != noDigit else { return nil }
            buffer = buffer << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
            }
        }
        guard bits < 6, buffer & (1 << bits - 1) == 0 else { return nil }
        return bytes
    }
}
