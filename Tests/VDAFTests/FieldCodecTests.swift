import TestSupport
import Testing
import VDAF

/// Encodings of field elements are unique: everything else is an error.
@Suite struct FieldCodecTests {
    static func littleEndian(_ value: UInt128, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt128(8 * $0)) }
    }

    static func checkElements<Field: NTTFieldElement>(_ type: Field.Type) throws {
        let size = Field.encodedSize
        for value in FieldTests.edges(type) {
            let bytes = littleEndian(value, size)
            #expect(Field(reducing: value).encode() == bytes)
            #expect(try Field.decode(bytes) == Field(reducing: value))
        }
        let beyond = size == 8 ? UInt128(UInt64.max) : UInt128.max
        for value in [Field.modulus, Field.modulus + 1, beyond - 1, beyond] {
            #expect(throws: VDAFError.invalidEncoding("a field element is not below the modulus")) {
                try Field.decode(littleEndian(value, size))
            }
        }
        for count in [0, 1, size - 1, size + 1, 2 * size] {
            #expect(throws: VDAFError.self) { try Field.decode([UInt8](repeating: 0, count: count)) }
        }
    }

    @Test func elementsHaveExactlyOneEncoding() throws {
        try Self.checkElements(Field64.self)
        try Self.checkElements(Field128.self)
    }

    static func checkVectors<Field: NTTFieldElement>(
        _ type: Field.Type, _ random: inout SeededGenerator
    ) throws {
        let size = Field.encodedSize
        for count in [0, 1, 2, 7, 100] {
            let elements: [Field] = random.elements(count)
            let bytes = Field.encodeVector(elements)
            #expect(bytes == elements.flatMap { $0.encode() })
            #expect(try Field.decodeVector(bytes[...], count: count) == elements)
            #expect(throws: VDAFError.self) { try Field.decodeVector(bytes[...], count: count + 1) }
            #expect(throws: VDAFError.self) { try Field.decodeVector((bytes + [0])[...], count: count) }
            for position in 0..<count {
                var bad = bytes
                bad.replaceSubrange(position * size..<(position + 1) * size, with: littleEndian(Field.modulus, size))
                #expect(throws: VDAFError.self) { try Field.decodeVector(bad[...], count: count) }
            }
        }
        for count in [-1, Int.max, Int.max / size + 1] {
            #expect(throws: VDAFError.self) { try Field.decodeVector([], count: count) }
        }
    }

    @Test func vectorsNeedTheExactLengthAndCanonicalElements() throws {
        var random = SeededGenerator()
        try Self.checkVectors(Field64.self, &random)
        try Self.checkVectors(Field128.self, &random)
    }

    @Test func vectorsAreAddedAndSubtractedPerElement() {
        var random = SeededGenerator()
        let (a, b): ([Field128], [Field128]) = (random.elements(9), random.elements(9))
        var sum = a
        Field128.addVector(&sum, b)
        #expect(sum == zip(a, b).map { $0 + $1 })
        Field128.subtractVector(&sum, b)
        #expect(sum == a)
    }
}
