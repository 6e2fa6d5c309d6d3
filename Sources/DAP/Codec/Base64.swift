/// Base 64 (RFC 4648) in the two forms that DAP uses: the standard alphabet with padding (RFC 9651 byte sequences), and
/// the URL-safe alphabet without (identifiers in URLs and problem documents).
///
/// Decoding accepts only what encoding produces, so that an identifier has one spelling: no white space, and no stray
/// bits in the last character.
package enum Base64 {
    package static func encode(_ bytes: [UInt8]) -> String {
        let digits = encode(bytes, alphabet: standard)
        return digits + String(repeating: "=", count: (4 - digits.utf8.count % 4) % 4)
    }

    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let characters = Array(text.utf8)
        guard characters.count % 4 == 0 else { return nil }
        let padding = characters.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        return decode(characters.dropLast(padding), alphabet: standard)
    }

    package static func encodeURL(_ bytes: [UInt8]) -> String {
        encode(bytes, alphabet: urlSafe)
    }

    package static func decodeURL(_ text: some StringProtocol) -> [UInt8]? {
        decode(ArraySlice(text.utf8), alphabet: urlSafe)
    }

    private static let common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    private static let standard = Array((common + "+/").utf8)
    private static let urlSafe = Array((common + "-_").utf8)

    private static func encode(_ bytes: [UInt8], alphabet: [UInt8]) -> String {
        var digits: [UInt8] = []
        digits.reserveCapacity(bytes.count / 3 * 4 + 4)
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
        return String(decoding: digits, as: UTF8.self)
    }

    private static func decode(_ characters: ArraySlice<UInt8>, alphabet: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(characters.count / 4 * 3 + 2)
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for character in characters {
            guard let digit = alphabet.firstIndex(of: character) else { return nil }
            buffer = buffer << 6 | UInt32(digit)
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
