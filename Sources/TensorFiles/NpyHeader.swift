// What stands before the numbers of a `.npy` file (NumPy Enhancement Proposal 1):
//
//     offset  size    field
//     0       6       magic, 0x93 "NUMPY"
//     6       2       version: 1.0, 2.0 or 3.0
//     8       2 or 4  length of the text that follows, little-endian: 2 bytes in version 1.0, else 4
//             n       a Python dictionary, filled up with spaces and a newline so that the numbers begin at a multiple
//                     of 64, for example {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
//
// The three keys may come in any order; others are refused, as NumPy does. The versions differ in the encoding of names
// in structured types, which are refused in any case.

struct NpyHeader {
    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// NumPy's own limit for files of unknown origin.
    static let maximumLength = 10_000

    let type: ElementType
    let bigEndian: Bool
    /// First axis fastest.
    let fortranOrder: Bool
    let shape: [Int]
    /// Where the numbers begin.
    let dataStart: Int

    init(decoding bytes: [UInt8]) throws(TensorFileError) {
        guard bytes.starts(with: Self.magic) else { throw .wrongFormat(.npy, found: TensorFormat.guess(bytes)) }
        guard bytes.count >= 10 else { throw .truncated("the header", needed: 10, present: bytes.count) }
        let version = (bytes[6], bytes[7])
        guard (1...3).contains(version.0), version.1 == 0 else {
            throw .unsupportedVersion(major: version.0, minor: version.1)
        }
        let textStart = version.0 == 1 ? 10 : 12
        guard bytes.count >= textStart else {
            throw .truncated("the header", needed: textStart, present: bytes.count)
        }
        let length = bytes[8..<textStart].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= Self.maximumLength else {
            throw .headerTooLong(length: UInt64(length), limit: Self.maximumLength)
        }
        dataStart = textStart + length
        guard bytes.count >= dataStart else {
            throw .truncated("the header", needed: dataStart, present: bytes.count)
        }
        var text = DictionaryText(HeaderScanner(bytes, textStart..<dataStart), allowsLongIntegers: version.0 < 3)
        try text.parse()
        guard let descr = text.descr else { throw text.missing("descr") }
        guard let fortranOrder = text.fortranOrder else { throw text.missing("fortran_order") }
        guard let shape = text.shape else { throw text.missing("shape") }
        (type, bigEndian) = try Self.type(descr)
        self.fortranOrder = fortranOrder
        self.shape = shape
    }

    private static func type(_ descr: String) throws(TensorFileError) -> (ElementType, bigEndian: Bool) {
        switch descr {
        case "<f2": (.float16, false)
        case ">f2": (.float16, true)
        case "<f4": (.float32, false)
        case ">f4": (.float32, true)
        case "<f8": (.float64, false)
        case ">f8": (.float64, true)
        default: throw .unsupportedType(descr, tensor: nil)
        }
    }

    /// The header that NumPy would write, magic to newline.
    static func encoded(type: ElementType, shape: [Int]) -> [UInt8] {
        let axes = shape.count == 1 ? "\(shape[0])," : shape.map(String.init).joined(separator: ", ")
        var text = Array("{'descr': '<f\(type.size)', 'fortran_order': False, 'shape': (\(axes)), }".utf8)
        let unpadded = 10 + text.count + 1
        text += [UInt8](repeating: UInt8(ascii: " "), count: (64 - unpadded % 64) % 64) + [UInt8(ascii: "\n")]
        // At most 64 axes of 19 digits, so two bytes hold the length.
        return magic + [1, 0, UInt8(truncatingIfNeeded: text.count), UInt8(truncatingIfNeeded: text.count >> 8)] + text
    }
}

/// The dictionary: a Python literal, of which this is all that can occur.
private struct DictionaryText {
    private var scanner: HeaderScanner
    /// Python 2 wrote 3 as 3L; it knew no version 3.0.
    private let allowsLongIntegers: Bool
    private(set) var descr: String?
    private(set) var fortranOrder: Bool?
    private(set) var shape: [Int]?

    init(_ scanner: HeaderScanner, allowsLongIntegers: Bool) {
        self.scanner = scanner
        self.allowsLongIntegers = allowsLongIntegers
    }

    mutating func parse() throws(TensorFileError) {
        try scanner.expect("{")
        while !scanner.take("}") {
            scanner.skipSpace()
            let start = scanner.position
            let key = try string()
            try scanner.expect(":")
            switch key {
            case "descr" where descr == nil: descr = try typeName()
            case "fortran_order" where fortranOrder == nil: fortranOrder = try boolean()
            case "shape" where shape == nil: shape = try tuple()
            default: throw scanner.malformed("each of 'descr', 'fortran_order' and 'shape' once", at: start)
            }
            if !scanner.take(",") {
                try scanner.expect("}")
                break
            }
        }
        try scanner.expectEnd()
    }

    func missing(_ key: String) -> TensorFileError { scanner.malformed("the key '\(key)'") }

    /// Text between quotation marks of either kind, in ASCII and without escapes.
    private mutating func string() throws(TensorFileError) -> String {
        let quote: Unicode.Scalar = scanner.take("\"") ? "\"" : "'"
        guard quote == "\"" || scanner.take(quote) else { throw scanner.malformed("a quotation mark") }
        var text = ""
        while let byte = scanner.next, (0x20...0x7e).contains(byte), byte != UInt8(ascii: "\\") {
            _ = scanner.advance()
            if byte == UInt8(ascii: quote) { return text }
            text.unicodeScalars.append(Unicode.Scalar(byte))
        }
        throw scanner.malformed("a closing quotation mark after plain ASCII")
    }

    private mutating func typeName() throws(TensorFileError) -> String {
        scanner.skipSpace()
        if let next = scanner.next, next == UInt8(ascii: "[") || next == UInt8(ascii: "(") {
            throw .unsupportedType("structured", tensor: nil)
        }
        return try string()
    }

    private mutating func boolean() throws(TensorFileError) -> Bool {
        scanner.skipSpace()
        let start = scanner.position
        switch scanner.word() {
        case "True": return true
        case "False": return false
        default: throw scanner.malformed("True or False", at: start)
        }
    }

    private mutating func tuple() throws(TensorFileError) -> [Int] {
        try scanner.expect("(")
        var lengths: [Int] = []
        while !scanner.take(")") {
            lengths.append(try scanner.integer())
            if allowsLongIntegers, scanner.next == UInt8(ascii: "L") { _ = scanner.advance() }
            let comma = scanner.take(",")
            if !comma {
                // (3) is a number in Python, and (3,) a tuple.
                guard lengths.count > 1 else { throw scanner.malformed("','") }
                try scanner.expect(")")
                break
            }
        }
        return lengths
    }
}
