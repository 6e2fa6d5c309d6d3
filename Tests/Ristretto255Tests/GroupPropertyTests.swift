import Ristretto255
import TestSupport
import Testing

@Suite struct GroupPropertyTests {
    private func randomPoint(_ random: inout SeededGenerator) throws -> RistrettoPoint {
        try RistrettoPoint.fromUniformBytes(random.bytes(64))
    }

    @Test func groupLawsHold() throws {
        var random = SeededGenerator()
        for _ in 0..<50 {
            let (p, q, r) = (try randomPoint(&random), try randomPoint(&random), try randomPoint(&random))
            #expect(p + q == q + p)
            #expect((p + q) + r == p + (q + r))
            #expect(p + .identity == p)
            #expect(p - p == .identity)
            #expect((p - p).isIdentity)
            #expect(p + (-q) == p - q)
            #expect(p.doubled() == p + p)
            #expect(p != q)
            #expect(RistrettoPoint.sum([p, q, r, -p]) == q + r)
        }
        #expect(RistrettoPoint.sum([RistrettoPoint]()) == .identity)
    }

    @Test func scalarMultiplicationIsLinear() throws {
        var random = SeededGenerator()
        for _ in 0..<20 {
            let p = try randomPoint(&random)
            let a = Scalar.random(using: &random)
            let b = Scalar.random(using: &random)
            #expect((a + b) * p == a * p + b * p)
            #expect((a * b) * p == a * (b * p))
            #expect(a.inverted() * (a * p) == p)
            #expect(p * a == a * p)
        }
    }

    @Test func multiplesAtTheEdgesOfTheScalarRangeAreRight() throws {
        var random = SeededGenerator()
        let p = try randomPoint(&random)
        #expect(Scalar.zero * p == .identity)
        #expect(Scalar.one * p == p)
        #expect(-Scalar.one * p == -p)
        // ℓ·P = (ℓ - 1)·P + P
        #expect(-Scalar.one * p + p == .identity)
        #expect(Scalar(8) * p == p.doubled().doubled().doubled())
        #expect(Scalar(UInt128.max) * p + p == Scalar(UInt128(1) << 127) * p.doubled())
        #expect(Scalar.random(using: &random) * RistrettoPoint.identity == .identity)
    }

    @Test func everyElementDecodesToItself() throws {
        var random = SeededGenerator()
        for _ in 0..<100 {
            let p = try randomPoint(&random)
            let decoded = try RistrettoPoint.decode(p.encoded())
            #expect(decoded == p)
            #expect(decoded.encoded() == p.encoded())
            #expect(try p.compressed().decompressed() == p)
            #expect(p.compressed().bytes == p.encoded())
        }
    }

    @Test(arguments: [0, 1, 31, 33, 64])
    func wrongLengthsAreRefused(count: Int) {
        let input = [UInt8](repeating: 0, count: count)
        #expect(throws: RistrettoError.wrongLength(expected: 32, actual: count)) { try RistrettoPoint.decode(input) }
        #expect(throws: RistrettoError.wrongLength(expected: 32, actual: count)) { try CompressedPoint(input) }
        #expect(throws: RistrettoError.wrongLength(expected: 32, actual: count)) { try Scalar.decode(input) }
        if count != 64 {
            #expect(throws: RistrettoError.wrongLength(expected: 64, actual: count)) { try Scalar(reducing: input) }
            #expect(throws: RistrettoError.wrongLength(expected: 64, actual: count)) {
                try RistrettoPoint.fromUniformBytes(input)
            }
        }
    }

    @Test func scalarsFromTheGroupOrderUpAreRefused() throws {
        let order = try bytes(hex: "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        var below = order
        below[0] -= 1
        #expect(try Scalar.decode(below) == -.one)
        var above = order
        above[0] += 1
        for refused in [order, above, [UInt8](repeating: 0xff, count: 32)] {
            #expect(throws: RistrettoError.nonCanonicalScalar) { try Scalar.decode(refused) }
        }
        #expect(try Scalar(reducing: order + [UInt8](repeating: 0, count: 32)) == .zero)
    }

    @Test func printingAScalarDoesNotShowIt() {
        let secret = Scalar(UInt64(123_456_789))
        #expect(!"\(secret)".contains("123456789"))
        #expect(!String(reflecting: secret).contains("123456789"))
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains("123456789"))
    }
}
