/// Strings as JSON writes them (RFC 8259 §7).
enum JSONString {
    static func encode(_ text: String) -> String {
        var encoded = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": encoded += "\\" + String(scalar)
            case ..<" ":
                let digits = String(scalar.value, radix: 16)
                encoded += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: encoded.unicodeScalars.append(scalar)
            }
        }
        return encoded + "\""
    }

    /// Reads a string with its quotation marks.
    static func decode(_ scanner: inout HeaderScanner) throws(TensorFileError) -> String {
        try scanner.expect("\"")
        let start = scanner.position
        var bytes: [UInt8] = []
        while let byte = scanner.advance(), byte >= 0x20 {
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    throw scanner.malformed("text in UTF-8", at: start)
                }
                return text
            case UInt8(ascii: "\\"): bytes += Array(String(try escaped(&scanner)).utf8)
            default: bytes.append(byte)
            }
        }
        throw scanner.malformed("a closing quotation mark, and control characters escaped", at: start)
    }

    /// What stands behind a backslash.
    private static func escaped(_ scanner: inout HeaderScanner) throws(TensorFileError) -> Unicode.Scalar {
        let start = scanner.position
        switch scanner.advance().map({ Unicode.Scalar($0) }) {
        case "\"": return "\""
        case "\\": return "\\"
        case "/": return "/"
        case "b": return "\u{8}"
        case "f": return "\u{c}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u": return try scalar(&scanner, start)
        default: throw scanner.malformed("an escape that JSON knows", at: start)
        }
    }

    /// One code unit of UTF-16, or two that belong together.
    private static func scalar(
        _ scanner: inout HeaderScanner, _ start: Int
    ) throws(TensorFileError) -> Unicode.Scalar {
        let first = try codeUnit(&scanner)
        if let scalar = Unicode.Scalar(first) { return scalar }
        if first < 0xdc00, scanner.advance() == UInt8(ascii: "\\"), scanner.advance() == UInt8(ascii: "u") {
            let second = try codeUnit(&scanner)
            let value = 0x10000 + (UInt32(first) & 0x3ff) << 10 + UInt32(second) & 0x3ff
            if (0xdc00...0xdfff).contains(second), let scalar = Unicode.Scalar(value) { return scalar }
        }
        throw scanner.malformed("both halves of a surrogate pair", at: start)
    }

    private static func codeUnit(_ scanner: inout HeaderScanner) throws(TensorFileError) -> UInt16 {
        let start = scanner.position
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = scanner.advance(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw scanner.malformed("four hexadecimal digits", at: start)
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}
