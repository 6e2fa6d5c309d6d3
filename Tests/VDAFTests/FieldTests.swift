import TestSupport
import Testing
import VDAF

/// Field arithmetic against 128-bit integer arithmetic, with operands at the edges.
@Suite struct FieldTests {
    /// Values around 0, p, powers of two and the limbs of the reductions.
    static func edges<Field: FieldElement>(_ type: Field.Type) -> [UInt128] {
        let p = Field.modulus
        var values: Set<UInt128> = [0, 1, 2, 27, 28, 29, p - 1, p - 2, p - 28, p / 2, p / 2 + 1]
        for shift: UInt128 in [31, 32, 33, 63, 64, 65, 95, 96, 127] {
            for offset: UInt128 in [0, 1, 2] {
                values.insert(((1 << shift) &- offset) % p)
                values.insert(((1 << shift) &+ offset) % p)
                values.insert((p &- (1 << shift) &+ offset) % p)
            }
        }
        return values.sorted()
    }

    static func add(_ a: UInt128, _ b: UInt128, _ p: UInt128) -> UInt128 {
        a >= p - b ? a - (p - b) : a + b
    }

    /// Double and add: slow, and with nothing in common with the code under test.
    static func multiply(_ a: UInt128, _ b: UInt128, _ p: UInt128) -> UInt128 {
        var (sum, double, rest) = (0 as UInt128, a, b)
        while rest != 0 {
            if rest & 1 == 1 { sum = add(sum, double, p) }
            double = add(double, double, p)
            rest >>= 1
        }
        return sum
    }

    static func checkArithmetic<Field: NTTFieldElement>(_ type: Field.Type, _ random: inout SeededGenerator) {
        let p = Field.modulus
        var values = edges(type)
        values += (0..<20).map { _ in UInt128.random(in: 0..<p, using: &random) }
        for a in values {
            let x = Field(reducing: a)
            #expect(x.canonicalValue == a)
            #expect((-x).canonicalValue == (a == 0 ? 0 : p - a))
            for b in values {
                let y = Field(reducing: b)
                let sum = x + y
                let difference = x - y
                let product = x * y
                guard sum.canonicalValue == add(a, b, p), difference.canonicalValue == add(a, b == 0 ? 0 : p - b, p),
                    product.canonicalValue == multiply(a, b, p), (x == y) == (a == b)
                else {
                    Issue.record("arithmetic of \(a) and \(b)")
                    return
                }
            }
        }
    }

    @Test func field64AgreesWithIntegerArithmetic() {
        var random = SeededGenerator()
        Self.checkArithmetic(Field64.self, &random)
    }

    @Test func field128AgreesWithIntegerArithmetic() {
        var random = SeededGenerator()
        Self.checkArithmetic(Field128.self, &random)
    }

    static func checkLaws<Field: NTTFieldElement>(_ type: Field.Type, _ random: inout SeededGenerator) {
        for _ in 0..<200 {
            let (a, b, c): (Field, Field, Field) = (random.element(), random.element(), random.element())
            #expect((a + b) + c == a + (b + c))
            #expect((a * b) * c == a * (b * c))
            #expect(a * (b + c) == a * b + a * c)
            #expect(a - b == a + (-b))
            #expect(a + .zero == a && a * .one == a && a - a == .zero)
            #expect(a == .zero || a * a.inverted() == .one)
        }
        #expect(Field.zero.inverted() == .zero)
        #expect(Field(UInt64.max) == Field(reducing: UInt128(UInt64.max)))
        #expect(Field(reducing: UInt128.max).canonicalValue == UInt128.max % Field.modulus)
        #expect(Field(reducing: Field.modulus) == .zero)
    }

    @Test func fieldLawsHold() {
        var random = SeededGenerator()
        Self.checkLaws(Field64.self, &random)
        Self.checkLaws(Field128.self, &random)
    }

    @Test func parametersAreTheStandards() {
        #expect(Field64.modulus == ((1 as UInt128) << 32) * 4_294_967_295 + 1)
        #expect(Field128.modulus == ((1 as UInt128) << 66) * 4_611_686_018_427_387_897 + 1)
        #expect(Field64.rootGenerator.canonicalValue == 1_753_635_133_440_165_772)
        #expect(Field128.rootGenerator.canonicalValue == 145_091_266_659_756_586_618_791_329_697_897_684_742)
    }

    static func checkRoot<Field: NTTFieldElement>(_ type: Field.Type) {
        var power = Field.rootGenerator
        for _ in 1..<Field.rootOrderLog2 { power *= power }
        #expect(power == -Field.one, "half the order gives -1, so the order is exact")
        #expect(power * power == .one)
    }

    @Test func rootGeneratorsHaveExactlyTheirOrder() {
        Self.checkRoot(Field64.self)
        Self.checkRoot(Field128.self)
    }

    static func checkProductSums<Field: NTTFieldElement>(_ type: Field.Type, _ random: inout SeededGenerator) {
        let top = Field.zero - .one
        for count in [0, 1, 2, 3, 100, 1000] {
            let a: [Field] = (0..<count).map { $0 % 3 == 0 ? top : random.element() }
            let b: [Field] = (0..<count).map { $0 % 2 == 0 ? top : random.element() }
            var sum = Field.ProductSum()
            var expected = Field.zero
            for (x, y) in zip(a, b) {
                sum.add(x, times: y)
                expected += x * y
            }
            #expect(sum.reduced() == expected)
        }
    }

    @Test func productSumsEqualSumsOfProducts() {
        var random = SeededGenerator()
        Self.checkProductSums(Field64.self, &random)
        Self.checkProductSums(Field128.self, &random)
    }
}
