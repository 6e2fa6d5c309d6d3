import Ristretto255
import VDAF

/// A vector of non-negative integers, each of a fixed number of 64-bit words, least significant first, back to back.
///
/// The canonical representatives of field elements take one or two words; the unreduced sums of an aggregate share one
/// more. Additions and comparisons are total: an overflow is reported and never wraps in silence.
package struct IntegerVector: Sendable, Equatable {
    package internal(set) var words: [UInt64]
    package let wordsPerValue: Int

    /// All zeros.
    package init(count: Int, wordsPerValue: Int) {
        words = [UInt64](repeating: 0, count: count * wordsPerValue)
        self.wordsPerValue = wordsPerValue
    }

    /// The same value everywhere, in one or two words.
    package init(repeating value: UInt128, count: Int, wordsPerValue: Int) {
        precondition(wordsPerValue == 2 || wordsPerValue == 1 && value._high == 0, "the value must fit")
        words = (0..<count * wordsPerValue).map { $0 % wordsPerValue == 0 ? value._low : value._high }
        self.wordsPerValue = wordsPerValue
    }

    /// The canonical representatives of field elements.
    package init<Field: FieldElement>(canonical elements: [Field]) {
        self.init(littleEndian: Field.encodeVector(elements), wordsPerValue: Self.wordsPerElement(of: Field.self))
    }

    private init(littleEndian bytes: [UInt8], wordsPerValue: Int) {
        self.wordsPerValue = wordsPerValue
        words = [UInt64](unsafeUninitializedCapacity: bytes.count / 8) { words, initialized in
            bytes.withUnsafeBytes { bytes in
                for index in 0..<bytes.count / 8 {
                    words[index] = UInt64(
                        littleEndian: bytes.loadUnaligned(fromByteOffset: 8 &* index, as: UInt64.self))
                }
            }
            initialized = bytes.count / 8
        }
    }

    /// Words of one field element; fields are whole words long.
    package static func wordsPerElement<Field: FieldElement>(of field: Field.Type) -> Int {
        precondition(Field.encodedSize == 8 || Field.encodedSize == 16, "fields have 64 or 128 bits")
        return Field.encodedSize / 8
    }

    package var count: Int { words.count / wordsPerValue }

    // MARK: Encoding

    /// Each value in 8·wordsPerValue little-endian bytes.
    package func encoded() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 8 * words.count) { bytes, initialized in
            let raw = UnsafeMutableRawBufferPointer(bytes)
            for (index, word) in words.enumerated() {
                raw.storeBytes(of: word.littleEndian, toByteOffset: 8 * index, as: UInt64.self)
            }
            initialized = 8 * words.count
        }
    }

    /// Decodes exactly `count` values.
    package static func decode(_ bytes: [UInt8], count: Int, wordsPerValue: Int) throws(VDAFError) -> IntegerVector {
        let (expected, overflow) = count.multipliedReportingOverflow(by: 8 * wordsPerValue)
        guard !overflow, bytes.count == expected else {
            throw .invalidEncoding("expected \(count) integers of \(8 * wordsPerValue) bytes, got \(bytes.count) bytes")
        }
        return IntegerVector(littleEndian: bytes, wordsPerValue: wordsPerValue)
    }

    // MARK: Arithmetic

    /// Adds a vector of as many, perhaps shorter, values; false if some sum does not fit.
    ///
    /// - Precondition: equal counts, and `other` not wider.
    @discardableResult
    package mutating func add(_ other: IntegerVector) -> Bool {
        combine(with: other) { a, b, carry in
            let (s, c) = a.addingReportingOverflow(b)
            let (t, d) = s.addingReportingOverflow(carry)
            return (t, (c ? 1 : 0) &+ (d ? 1 : 0))
        }
    }

    /// Subtracts a vector of as many, perhaps shorter, values; false if some difference is negative.
    ///
    /// - Precondition: equal counts, and `other` not wider.
    @discardableResult
    package mutating func subtract(_ other: IntegerVector) -> Bool {
        combine(with: other) { a, b, borrow in
            let (s, c) = a.subtractingReportingOverflow(b)
            let (t, d) = s.subtractingReportingOverflow(borrow)
            return (t, (c ? 1 : 0) &+ (d ? 1 : 0))
        }
    }

    @inline(__always)
    private mutating func combine(
        with other: IntegerVector, step: (UInt64, UInt64, UInt64) -> (word: UInt64, carry: UInt64)
    ) -> Bool {
        precondition(count == other.count && other.wordsPerValue <= wordsPerValue, "vectors must match")
        let (wide, narrow, count) = (wordsPerValue, other.wordsPerValue, count)
        var overflow: UInt64 = 0
        words.withUnsafeMutableBufferPointer { words in
            other.words.withUnsafeBufferPointer { others in
                for index in 0..<count {
                    var carry: UInt64 = 0
                    for word in 0..<wide {
                        let addend = word < narrow ? others[index &* narrow &+ word] : 0
                        let position = index &* wide &+ word
                        (words[position], carry) = step(words[position], addend, carry)
                    }
                    overflow |= carry
                }
            }
        }
        return overflow == 0
    }

    // MARK: Reading values

    /// A value of at most four words.
    package subscript(index: Int) -> UInt256 {
        func word(_ position: Int) -> UInt64 {
            position < wordsPerValue ? words[index * wordsPerValue + position] : 0
        }
        return UInt256(
            low: UInt128(word(1)) << 64 | UInt128(word(0)), high: UInt128(word(3)) << 64 | UInt128(word(2)))
    }
}
