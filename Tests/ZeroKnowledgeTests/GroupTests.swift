import Encodings
import TestSupport
import Testing
import ZeroKnowledge

/// The laws of a group and of its codecs, for both groups.
@Suite struct GroupTests {
    @Test func ristretto255KeepsTheLaws() throws { try checkLaws(Ristretto255Group.self) }
    @Test func p256KeepsTheLaws() throws { try checkLaws(P256Group.self) }

    private func checkLaws<G: Group>(_: G.Type) throws {
        var random = SeededGenerator()
        let (g, zero) = (G.generator, G.identity)
        #expect(zero.isIdentity && !g.isIdentity)
        for _ in 0..<20 {
            let (a, b) = (G.randomScalar(using: &random), G.randomScalar(using: &random))
            let (p, q) = (G.multiply(a, g), G.multiply(b, g))
            #expect(p + q == G.multiply(a + b, g))
            #expect(p - q == G.multiply(a - b, g))
            #expect(-p == G.multiply(-a, g))
            #expect(G.multiply(b, p) == G.multiply(a * b, g))
            #expect(
                p + zero == p && p - p == zero && (p - p).isIdentity && p + p == G.multiply(G.Scalar(2 as UInt64), p))
            #expect((a + b) * a == a * a + b * a && a - a == .zero && a * .one == a)
            #expect(G.multiScalar([a, b], [p, q]) == G.multiply(a * a + b * b, g))
            #expect(G.variableTimeMultiScalar([a, b], [p, q]) == G.multiply(a * a + b * b, g))
            #expect(try G.decodeScalar(G.encode(a)[...]) == a && G.encode(a).count == G.scalarSize)
            #expect(try G.decodeElement(G.encode(p)[...]) == p && G.encode(p).count == G.elementSize)
        }
        #expect(G.multiply(.zero, g).isIdentity && G.multiply(.one, g) == g)
        #expect(G.multiScalar([], []).isIdentity && G.variableTimeMultiScalar([], []).isIdentity)
        let wide = UInt128(3) << 64 | 5
        #expect(G.Scalar(wide) == G.Scalar(3 as UInt64) * G.Scalar(UInt128(1) << 64) + G.Scalar(5 as UInt64))
    }

    @Test func ristretto255RefusesWhatIsNoEncoding() throws { try checkCodecs(Ristretto255Group.self) }
    @Test func p256RefusesWhatIsNoEncoding() throws { try checkCodecs(P256Group.self) }

    private func checkCodecs<G: Group>(_: G.Type) throws {
        #expect(throws: GroupError.identity) { try G.encode(G.identity) }
        let good = try G.encode(G.generator)
        for wrong in [Array(good.dropLast()), good + [0], []] {
            let expected = GroupError.wrongLength(expected: G.elementSize, actual: wrong.count)
            #expect(throws: expected) { try G.decodeElement(wrong[...]) }
        }
        // -1 is the greatest scalar; in every byte order, all ones is beyond the order.
        let greatest = G.encode(-G.Scalar.one)
        #expect(try G.decodeScalar(greatest[...]) == -.one)
        #expect(throws: GroupError.nonCanonicalScalar) {
            try G.decodeScalar([UInt8](repeating: 0xFF, count: G.scalarSize)[...])
        }
        for wrong in [Array(greatest.dropLast()), greatest + [0]] {
            let expected = GroupError.wrongLength(expected: G.scalarSize, actual: wrong.count)
            #expect(throws: expected) { try G.decodeScalar(wrong[...]) }
        }
    }

    /// The order itself, in each group's byte order, and the number below it.
    @Test func theOrderIsNoScalar() throws {
        let ristretto = try bytes(hex: "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        #expect(throws: GroupError.nonCanonicalScalar) { try Ristretto255Group.decodeScalar(ristretto[...]) }
        let p256 = try bytes(hex: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        #expect(throws: GroupError.nonCanonicalScalar) { try P256Group.decodeScalar(p256[...]) }
        #expect(P256Group.scalar(uniform: p256.reversed() + [UInt8](repeating: 0, count: 16)) == .zero)
        #expect(Ristretto255Group.scalar(uniform: ristretto + [UInt8](repeating: 0, count: 16)) == .zero)
        // 2^256 modulo each order is what 2^128 squared is.
        let power = UInt128(1) << 127
        var uniform = [UInt8](repeating: 0, count: 48)
        uniform[32] = 4
        #expect(P256Group.scalar(uniform: uniform) == P256Scalar(power) * P256Scalar(power) * P256Scalar(16 as UInt64))
    }

    @Test func theRistrettoIdentityIsRefused() {
        #expect(throws: GroupError.identity) {
            try Ristretto255Group.decodeElement([UInt8](repeating: 0, count: 32)[...])
        }
        #expect(throws: GroupError.invalidElement) {
            try Ristretto255Group.decodeElement([UInt8](repeating: 0xFF, count: 32)[...])
        }
    }

    @Test func theP256GeneratorIsTheDrafts() throws {
        #expect(
            try Hex.encode(P256Group.encode(P256Group.generator))
                == "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")
    }

    @Test func scalarsDoNotPrint() {
        let scalar = P256Scalar(77 as UInt64)
        var dumped = ""
        dump(scalar, to: &dumped)
        #expect("\(scalar)" == "P256Scalar(hidden)" && !dumped.contains("77"))
    }
}
