import TestSupport
import Testing
import VDAF

/// Rejection sampling, with a stream that holds values from the modulus upwards: real ones are too rare to be met.
@Suite struct SamplingTests {
    /// A 'XOF' whose stream is the binder.
    struct ReplayXof: Xof {
        static let seedSize = 0
        private var stream: [UInt8] = []
        private var position = 0

        init(seed: [UInt8], domainSeparationTag: [UInt8]) {}

        mutating func absorb(_ binder: UnsafeRawBufferPointer) {
            stream += binder
        }

        mutating func fill(_ target: UnsafeMutableRawBufferPointer) {
            target.copyBytes(from: stream[position..<position + target.count])
            position += target.count
        }
    }

    static func check<Field: NTTFieldElement>(_ type: Field.Type, _ random: inout SeededGenerator) {
        let size = Field.encodedSize
        let largest = size == 8 ? UInt128(UInt64.max) : UInt128.max
        for count in [1, 2, 20, 600] {
            var stream: [UInt8] = []
            var expected: [Field] = []
            while expected.count < count {
                let value =
                    Int.random(in: 0..<3, using: &random) == 0
                    ? UInt128.random(in: Field.modulus...largest, using: &random)
                    : UInt128.random(in: 0..<Field.modulus, using: &random)
                stream += FieldCodecTests.littleEndian(value, size)
                if value < Field.modulus { expected.append(Field(reducing: value)) }
            }
            var xof = ReplayXof(seed: [], domainSeparationTag: [], binder: stream + [42])
            #expect(xof.nextVector(count) == expected)
            #expect(xof.next(1) == [42], "not a byte more than needed was taken")
        }
        var xof = ReplayXof(seed: [], domainSeparationTag: [], binder: [])
        #expect(xof.nextVector(0) == [Field]())
    }

    @Test func valuesFromTheModulusUpwardsAreLeftOut() {
        var random = SeededGenerator()
        Self.check(Field64.self, &random)
        Self.check(Field128.self, &random)
    }

    /// The leaf field has 255 bits: the top bit of an encoding is ignored, and 19 values are left out.
    @Test func theTopBitIsNoPartOfALeafElement() throws {
        var random = SeededGenerator()
        for count in [1, 2, 20, 200] {
            var stream: [UInt8] = []
            var expected: [Field255] = []
            while expected.count < count {
                var bytes = random.bytes(32)
                if Int.random(in: 0..<3, using: &random) == 0 {
                    bytes = [UInt8.random(in: 0xED...0xFF, using: &random)] + [UInt8](repeating: 0xFF, count: 30)
                    bytes.append(Bool.random(using: &random) ? 0xFF : 0x7F)
                } else {
                    expected.append(try Field255.decode(bytes.dropLast() + [bytes[31] & 0x7F]))
                }
                stream += bytes
            }
            var xof = ReplayXof(seed: [], domainSeparationTag: [], binder: stream + [42])
            #expect(xof.nextVector(count) == expected)
            #expect(xof.next(1) == [42], "not a byte more than needed was taken")
        }
    }
}
