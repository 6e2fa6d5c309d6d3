import Hashing
import TestSupport
import Testing
import VDAF

/// The keystream of XofHmacSha256Aes128 where its counter wraps, which no seed is known for.
@Suite struct AES128CounterTests {
    @Test(arguments: [0, 1, 2, 3]) func theLowerHalfOfTheCounterWrapsAlone(blocksBefore: UInt64) {
        let key = (0..<16).map { UInt8($0) }
        let high = [UInt8](repeating: 0xFF, count: 8)
        func block(_ low: UInt64) -> [UInt8] { high + withUnsafeBytes(of: low.bigEndian) { Array($0) } }
        let first = 0 &- blocksBefore
        let codebook = AES128Context(.codebook, key: key)
        var expected: [UInt8] = []
        for index in 0..<UInt64(6) {
            var output = [UInt8](repeating: 0, count: 16)
            block(first &+ index).withUnsafeBytes { source in
                output.withUnsafeMutableBytes { codebook.encrypt(source, into: $0.baseAddress!) }
            }
            expected += output
        }
        for piece in [1, 5, 16, 17, 31, 33, 96] {
            let context = AES128Context(.counter(initialCounter: block(first)), key: key)
            var found: [UInt8] = []
            while found.count < expected.count {
                let zeros = [UInt8](repeating: 0, count: min(piece, expected.count - found.count))
                var output = zeros
                zeros.withUnsafeBytes { source in
                    output.withUnsafeMutableBytes { context.encrypt(source, into: $0.baseAddress!) }
                }
                found += output
            }
            #expect(found == expected, "pieces of \(piece)")
        }
    }
}

/// What all XOFs have in common: one stream, however it is read, and copies that go their own way. Their outputs are
/// pinned by other people's vectors.
@Suite struct XofTests {
    static func checkStream<Function: Xof>(_ type: Function.Type, _ random: inout SeededGenerator) {
        let (seed, tag, binder) = (random.bytes(Function.seedSize), random.bytes(12), random.bytes(1000))
        var whole = Function(seed: seed, domainSeparationTag: tag, binder: binder)
        let expected = whole.next(20_000)
        for _ in 0..<20 {
            var xof = Function(seed: seed, domainSeparationTag: tag)
            var rest = binder[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 0...200, using: &random))
                xof.absorb(Array(piece))
                rest = rest.dropFirst(piece.count)
            }
            var output: [UInt8] = []
            while output.count < expected.count {
                output += xof.next(min(expected.count - output.count, Int.random(in: 0...5000, using: &random)))
            }
            #expect(output == expected)
        }
        var elements = Function(seed: seed, domainSeparationTag: tag, binder: binder)
        // A rejection, after which the streams would part, has probability 2^-52.
        #expect(Field128.encodeVector(elements.nextVector(1250)) == expected)
    }

    @Test func piecesDoNotMatter() {
        var random = SeededGenerator()
        Self.checkStream(XofTurboShake128.self, &random)
        Self.checkStream(XofFixedKeyAes128.self, &random)
        Self.checkStream(XofHmacSha256Aes128.self, &random)
    }

    @Test func vectorsComeFromTheSameStreamAsBytes() {
        var random = SeededGenerator()
        let seed = random.bytes(32)
        var one = XofTurboShake128(seed: seed, domainSeparationTag: [1], binder: [2])
        var other = one
        let elements: [Field128] = one.nextVector(1000)
        // A rejection, after which the streams would part, has probability 2^-59.
        #expect(Field128.encodeVector(elements) == other.next(16_000))
        #expect(one.next(7) == other.next(7))
    }

    static func checkInputs<Function: Xof>(_ type: Function.Type, _ random: inout SeededGenerator) {
        let (seed, tag, binder) = (random.bytes(Function.seedSize), random.bytes(12), random.bytes(20))
        func output(_ seed: [UInt8], _ tag: [UInt8], _ binder: [UInt8]) -> [UInt8] {
            Function.deriveSeed(seed: seed, domainSeparationTag: tag, binder: binder)
        }
        let first = output(seed, tag, binder)
        for bit in 0..<8 * seed.count { #expect(output(flipped(seed, bit), tag, binder) != first) }
        for bit in 0..<8 * tag.count { #expect(output(seed, flipped(tag, bit), binder) != first) }
        for bit in 0..<8 * binder.count { #expect(output(seed, tag, flipped(binder, bit)) != first) }
        #expect(output(seed, tag.dropLast(), [tag[11]] + binder) != first, "the tag's end is part of the input")
    }

    @Test func everyBitOfEveryInputCounts() {
        var random = SeededGenerator()
        Self.checkInputs(XofTurboShake128.self, &random)
        Self.checkInputs(XofFixedKeyAes128.self, &random)
        Self.checkInputs(XofHmacSha256Aes128.self, &random)
    }

    static func checkCopies<Function: Xof>(_ type: Function.Type, _ random: inout SeededGenerator) async {
        let (seed, tag, binder) = (random.bytes(Function.seedSize), random.bytes(12), random.bytes(300))
        func fresh(_ binder: [UInt8]) -> Function { Function(seed: seed, domainSeparationTag: tag, binder: binder) }
        var reference = fresh(binder)
        let expected = reference.next(3000)
        var (reference1, reference2) = (fresh(binder + [1]), fresh(binder + [2]))
        let (expected1, expected2) = (reference1.next(100), reference2.next(100))

        var one = fresh(binder)
        var two = one
        one.absorb([1])
        two.absorb([2])
        #expect(one.next(100) == expected1 && two.next(100) == expected2, "copies absorb for themselves")

        var early = fresh(binder)
        #expect(early.next(1003) == Array(expected[..<1003]))
        var late = early
        #expect(early.next(500) == Array(expected[1003..<1503]))
        #expect(late.next(1997) == Array(expected[1003...]), "copies are read for themselves")
        #expect(early.next(1497) == Array(expected[1503...]))

        let shared = fresh(binder)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    var own = shared
                    return (0..<30).allSatisfy { own.next(100) == Array(expected[$0 * 100..<($0 + 1) * 100]) }
                }
            }
            for await isRight in group { #expect(isRight, "copies in other tasks are independent, too") }
        }
    }

    @Test func copiesAreIndependent() async {
        var random = SeededGenerator()
        await Self.checkCopies(XofTurboShake128.self, &random)
        await Self.checkCopies(XofFixedKeyAes128.self, &random)
        await Self.checkCopies(XofHmacSha256Aes128.self, &random)
    }
}
