import CSodium
import Ristretto255
import SignatureCases
import TestSupport
import Testing

/// Points of the whole curve against libsodium's.
@Suite struct CurvePointTests {
    init() {
        precondition(sodium_init() >= 0)
    }

    private static func decoded(_ bytes: [UInt8]) throws -> CurvePoints? {
        let (points, isValid) = CurvePoints.decode([try CompressedPoint(bytes)])
        return isValid[0] ? points : nil
    }

    @Test func theEightPointsOfSmallOrderAreKnownByTheirEncodings() throws {
        var encodings: Set<[UInt8]> = []
        for multiple in UInt8(0)..<8 {
            let point = SodiumPoint.torsion.times(multiple)
            encodings.insert(point.encoding)
            #expect(try CompressedPoint(point.encoding).isOfSmallOrder)
            let ours = try #require(try Self.decoded(point.encoding))
            #expect(ours.variableTimeMultiScalar(words: [1], wordsPerScalar: 1).hasSmallOrder)
        }
        #expect(encodings.count == 8)
        let mixed = SodiumPoint(base: SodiumScalar.one) + SodiumPoint.torsion
        #expect(try !CompressedPoint(mixed.encoding).isOfSmallOrder)
        #expect(
            try #require(try Self.decoded(mixed.encoding)).variableTimeMultiScalar(words: [1], wordsPerScalar: 1)
                .hasSmallOrder == false)
    }

    /// Half of the random numbers below p are the y of a point.
    @Test func whatIsAPointIsOneInLibsodiumToo() throws {
        var random = SeededGenerator()
        var encodings = (0..<300).map { _ in random.bytes(32) }
        for first in [UInt8(0xec), 0xed, 0xee, 0xef, 0xf0, 0xff] {
            for last in [UInt8(0x7f), 0xff] {
                encodings.append([first] + [UInt8](repeating: 0xff, count: 30) + [last])
            }
        }
        for first in [UInt8(0), 1, 2, 3] {
            for last in [UInt8(0), 0x80] {
                encodings.append([first] + [UInt8](repeating: 0, count: 30) + [last])
            }
        }
        let (_, isValid) = CurvePoints.decode(try encodings.map { try CompressedPoint($0) })
        #expect(isValid.contains(true) && isValid.contains(false))
        for (encoding, isValid) in zip(encodings, isValid) {
            // libsodium also takes encodings that are not canonical; it gives the canonical one back.
            #expect(isValid == (SodiumPoint(decoding: encoding)?.encoding == encoding), "\(encoding)")
        }
    }

    @Test func sumsAgreeUpToSmallOrder() throws {
        var random = SeededGenerator()
        for count in [1, 2, 9, 40] {
            let scalars = (0..<count).map { _ in random.next() }
            let theirs = (0..<count).map { _ in
                SodiumPoint(base: SodiumScalar.reduced(random.bytes(64)))
                    + SodiumPoint.torsion.times(UInt8.random(in: 0..<8, using: &random))
            }
            let sum = zip(theirs, scalars).reduce(SodiumPoint.identity) { sum, term in
                sum + term.0.times((0..<8).map { UInt8(truncatingIfNeeded: term.1 >> UInt64(8 * $0)) })
            }
            let (points, isValid) = CurvePoints.decode(
                try (theirs + [sum]).map { try CompressedPoint($0.encoding) })
            #expect(isValid.allSatisfy { $0 })
            let left = points.gathered(Array(0..<count)).variableTimeMultiScalar(words: scalars, wordsPerScalar: 1)
            let right = points.gathered([count]).variableTimeMultiScalar(words: [1], wordsPerScalar: 1)
            #expect((left - right).hasSmallOrder)
            #expect(!(left + right).hasSmallOrder)
        }
    }
}
