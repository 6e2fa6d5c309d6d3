import Ristretto255
import TestSupport
import Testing

/// Many encodings or messages at once against one by one.
@Suite struct BatchTests {
    @Test func decodingManyAgreesWithDecodingEach() throws {
        var random = SeededGenerator()
        // Nearly half of the random strings below 2^253 are elements; the rest is refused for one reason or another.
        let encodings = try (0..<500).map { index in
            switch index % 5 {
            case 0: try RistrettoPoint.fromUniformBytes(random.bytes(64)).compressed()
            case 1: RistrettoPoint.identity.compressed()
            default:
                try CompressedPoint(
                    random.bytes(31) + [index % 5 == 2 ? 0xff : UInt8.random(in: 0...0x3f, using: &random)])
            }
        }
        let single = encodings.map { try? $0.decompressed() }
        #expect(single.contains(nil) && single.contains { $0 != nil })
        #expect(RistrettoPoint.decode(encodings) == single)
        for count in 0...17 {
            let start = Int.random(in: 0..<400, using: &random)
            let range = start..<start + count
            #expect(RistrettoPoint.decode(Array(encodings[range])) == Array(single[range]))
        }
    }

    @Test func everyEncodingOfASmallNumberIsDecodedAlike() throws {
        let encodings = try (0..<256).map { try CompressedPoint([UInt8($0)] + [UInt8](repeating: 0, count: 31)) }
        #expect(RistrettoPoint.decode(encodings) == encodings.map { try? $0.decompressed() })
    }

    @Test func hashingManyAgreesWithHashingEach() {
        var random = SeededGenerator()
        let tag = Array("tag".utf8)
        for count in [0, 1, 2, 3, 4, 5, 8, 9, 100] {
            let messages = (0..<count).map { random.bytes($0) }
            #expect(
                RistrettoPoint.hash(messages, domainSeparationTag: tag)
                    == messages.map { RistrettoPoint.hash($0, domainSeparationTag: tag) })
        }
    }
}
