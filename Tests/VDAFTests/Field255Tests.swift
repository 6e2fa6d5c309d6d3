import TestSupport
import Testing
import VDAF

/// The leaf field against arithmetic on byte strings.
@Suite struct Field255Tests {
    /// An integer below 2^256 in bytes, lowest first: slow, and with nothing in common with the code under test.
    struct Number: Equatable {
        var bytes: [UInt8]

        static let modulus = Number(bytes: [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F])
        static let zero = Number(bytes: [UInt8](repeating: 0, count: 32))

        /// The sum of two numbers below p, mod p.
        static func + (a: Number, b: Number) -> Number {
            var (sum, carry) = (Number.zero, 0)
            for index in 0..<32 {
                carry += Int(a.bytes[index]) + Int(b.bytes[index])
                sum.bytes[index] = UInt8(carry & 0xFF)
                carry >>= 8
            }
            return sum.isBelow(modulus) ? sum : sum.less(modulus)
        }

        static func * (a: Number, b: Number) -> Number {
            var (sum, double) = (Number.zero, a)
            for bit in 0..<256 {
                if b.bytes[bit / 8] >> UInt8(bit % 8) & 1 == 1 { sum = sum + double }
                double = double + double
            }
            return sum
        }

        func isBelow(_ other: Number) -> Bool {
            bytes.reversed().lexicographicallyPrecedes(other.bytes.reversed())
        }

        /// The difference mod 2^256.
        func less(_ other: Number) -> Number {
            var (result, borrow) = (Number.zero, 0)
            for index in 0..<32 {
                let digit = Int(bytes[index]) - Int(other.bytes[index]) - borrow
                result.bytes[index] = UInt8(digit & 0xFF)
                borrow = digit < 0 ? 1 : 0
            }
            return result
        }
    }

    static func small(_ value: UInt8) -> Number {
        Number(bytes: [value] + [UInt8](repeating: 0, count: 31))
    }

    /// Values around 0, p, and the boundaries of limbs.
    static func edges() -> [Number] {
        var values = [0, 1, 2, 18, 19, 20, 37, 38, 39].flatMap { value in
            [small(value), value == 0 ? small(0) : Number.modulus.less(small(value))]
        }
        for bit in [63, 64, 127, 128, 191, 192, 253, 254] {
            var power = Number.zero
            power.bytes[bit / 8] = 1 << UInt8(bit % 8)
            values += [power, power.less(small(1)), power + small(1), Number.modulus.less(power)]
        }
        return values
    }

    static func numbers(_ count: Int, _ random: inout SeededGenerator) -> [Number] {
        (0..<count).map { _ in
            var bytes = random.bytes(32)
            bytes[31] &= 0x7F
            let number = Number(bytes: bytes)
            return number.isBelow(.modulus) ? number : .zero
        }
    }

    @Test func arithmeticAgreesWithThatOfBytes() throws {
        var random = SeededGenerator()
        let values = Self.edges() + Self.numbers(10, &random)
        for a in values {
            let x = try Field255.decode(a.bytes)
            #expect(x.encode() == a.bytes)
            #expect((-x).encode() == (a == .zero ? a : Number.modulus.less(a)).bytes)
            for b in values {
                let y = try Field255.decode(b.bytes)
                #expect((x + y).encode() == (a + b).bytes)
                #expect((x - y + y) == x && (x - x) == .zero)
                #expect((x - y).encode() == (a + (b == .zero ? b : Number.modulus.less(b))).bytes)
                #expect((x == y) == (a == b))
            }
            for b in values.shuffled(using: &random).prefix(12) {
                let y = try Field255.decode(b.bytes)
                #expect((x * y).encode() == (a * b).bytes, "\(hex(a.bytes)) times \(hex(b.bytes))")
            }
        }
        #expect(Field255.one.encode() == Self.small(1).bytes)
        #expect(Field255(.max).encode() == [UInt8](repeating: 0xFF, count: 8) + [UInt8](repeating: 0, count: 24))
    }

    @Test func fieldLawsHold() throws {
        var random = SeededGenerator()
        let values = try (Self.edges() + Self.numbers(300, &random)).map { try Field255.decode($0.bytes) }
        for _ in 0..<500 {
            let (a, b, c) = (
                values.randomElement(using: &random)!, values.randomElement(using: &random)!,
                values.randomElement(using: &random)!
            )
            #expect((a + b) + c == a + (b + c))
            #expect((a * b) * c == a * (b * c))
            #expect(a * (b + c) == a * b + a * c)
            #expect(a * b == b * a && a * .one == a && a * .zero == .zero)
        }
    }

    @Test func everythingFromTheModulusUpwardsIsNoEncoding() {
        for offset: UInt8 in 0...18 {
            let number = [0xED + offset] + [UInt8](repeating: 0xFF, count: 30) + [0x7F]
            #expect(throws: VDAFError.invalidEncoding("a field element is not below the modulus")) {
                try Field255.decode(number)
            }
        }
        for bytes in [
            [UInt8](repeating: 0, count: 31) + [0x80], [UInt8](repeating: 0xFF, count: 32),
            Self.small(1).bytes.dropLast() + [0x80],
        ] {
            #expect(throws: VDAFError.self) { try Field255.decode(bytes) }
        }
        for count in [0, 1, 31, 33, 64] {
            #expect(throws: VDAFError.self) { try Field255.decode([UInt8](repeating: 0, count: count)) }
        }
    }

    @Test func vectorsNeedTheExactLength() throws {
        var random = SeededGenerator()
        let numbers = Self.numbers(5, &random)
        let bytes = numbers.flatMap(\.bytes)
        let elements = try Field255.decodeVector(bytes[...], count: 5)
        #expect(Field255.encodeVector(elements) == bytes)
        #expect(elements == (try numbers.map { try Field255.decode($0.bytes) }))
        for (bytes, count) in [(bytes, 4), (bytes, 6), (bytes + [0], 5), ([], 1), ([], -1), ([], Int.max)] {
            #expect(throws: VDAFError.self) { try Field255.decodeVector(bytes[...], count: count) }
        }
        for position in 0..<5 {
            var bad = bytes
            bad[32 * position + 31] |= 0x80
            #expect(throws: VDAFError.self) { try Field255.decodeVector(bad[...], count: 5) }
        }
    }
}
