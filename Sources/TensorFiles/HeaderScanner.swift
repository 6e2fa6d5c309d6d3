/// Walks over the text of a header. Between its parts white space means nothing, in a Python literal as in JSON.
struct HeaderScanner {
    private let bytes: [UInt8]
    /// Where the next byte stands in the file.
    private(set) var position: Int
    private let end: Int

    /// - Precondition: `range` lies within `bytes`.
    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next byte, white space included.
    var next: UInt8? { position < end ? bytes[position] : nil }

    mutating func advance() -> UInt8? {
        guard let byte = next else { return nil }
        position += 1
        return byte
    }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || (0x09...0x0a).contains(byte) || byte == 0x0d { position += 1 }
    }

    /// Whether the next part is this character, which is then passed.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(TensorFileError) {
        guard take(character) else { throw malformed("'\(character)'") }
    }

    /// Letters as they come, for the words of a literal.
    mutating func word() -> String {
        skipSpace()
        let start = position
        while let byte = next, (0x41...0x5a).contains(byte & 0xdf) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Decimal digits without sign or superfluous zeros.
    mutating func integer() throws(TensorFileError) -> Int {
        skipSpace()
        let start = position
        var value = 0
        while let byte = next, (0x30...0x39).contains(byte) {
            let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, tooLargeByDigit) = tens.addingReportingOverflow(Int(byte & 0x0f))
            guard !tooLarge, !tooLargeByDigit else { throw malformed("a number below 2^63", at: start) }
            value = sum
            position += 1
        }
        guard position > start, bytes[start] != 0x30 || position == start + 1 else {
            throw malformed("a whole number without sign", at: start)
        }
        return value
    }

    mutating func expectEnd() throws(TensorFileError) {
        skipSpace()
        guard next == nil else { throw malformed("nothing behind the closing brace") }
    }

    /// The error that something else stands where `expected` should.
    func malformed(_ expected: String, at place: Int? = nil) -> TensorFileError {
        .malformedHeader(offset: place ?? position, expected: expected)
    }
}
