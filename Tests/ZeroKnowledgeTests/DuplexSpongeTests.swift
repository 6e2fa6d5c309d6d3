import Hashing
import TestSupport
import Testing
import VDAF
import ZeroKnowledge

/// Laws of the sponge interface that the vectors show only by example, and SHAKE128 by itself.
@Suite struct DuplexSpongeTests {
    /// FIPS 202's SHAKE128 of the empty string and of 200 bytes A3 (NIST's example values).
    @Test func shake128IsTheStandards() throws {
        var empty = SHAKE128()
        #expect(
            try empty.squeeze(32) == bytes(hex: "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26"))
        var message = SHAKE128()
        message.absorb([UInt8](repeating: 0xA3, count: 200))
        #expect(
            try message.squeeze(32) == bytes(hex: "131ab8d2b594946b9c81333f9bb6e0ce75c3b93104fa3469d3917457385da037"))
    }

    @Test func bothKeccakFImplementationsAgree() {
        var random = SeededGenerator()
        for _ in 0..<100 {
            let state = (0..<25).map { _ in random.next() }
            var (fast, portable) = (state, state)
            fast.withUnsafeMutableBufferPointer { KeccakF1600.permute($0.baseAddress!) }
            portable.withUnsafeMutableBufferPointer { KeccakF1600.permutePortably($0.baseAddress!) }
            #expect(fast == portable)
        }
    }

    @Test(arguments: HashSuite.allCases)
    func piecesOfAbsorbsAndSqueezesDoNotMatter(suite: HashSuite) throws {
        var random = SeededGenerator()
        for _ in 0..<30 {
            let session = try SessionID(random.bytes(32))
            let message = random.bytes(Int.random(in: 0...700, using: &random))
            var whole = DuplexSponge(session, suite: suite)
            whole.absorb(message)
            let expected = whole.squeeze(500)

            var pieces = DuplexSponge(session, suite: suite)
            var rest = message[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 0...200, using: &random))
                pieces.absorb(Array(piece))
                rest = rest.dropFirst(piece.count)
            }
            var output: [UInt8] = []
            while output.count < 500 {
                output += pieces.squeeze(min(500 - output.count, Int.random(in: 0...200, using: &random)))
                pieces.absorb([])
            }
            #expect(output == expected)
        }
    }

    /// What was squeezed earlier does not enter the state: a challenge depends on the messages only.
    @Test(arguments: HashSuite.allCases)
    func absorbingRestartsTheStream(suite: HashSuite) {
        var plain = DuplexSponge(SessionID(tag: [1], suite: suite), suite: suite)
        var squeezed = plain
        _ = squeezed.squeeze(1000)
        plain.absorb([7])
        squeezed.absorb([7])
        #expect(plain.squeeze(64) == squeezed.squeeze(64))
    }

    @Test func sessionsSuitesAndMessagesSeparate() throws {
        let session = SessionID(tag: Array("a".utf8), suite: .shake128)
        var outputs: Set<[UInt8]> = []
        for suite in HashSuite.allCases {
            for session in [session, SessionID(tag: Array("b".utf8), suite: .shake128)] {
                for message in [[], [0], [0, 0]] as [[UInt8]] {
                    var sponge = DuplexSponge(session, suite: suite)
                    sponge.absorb(message)
                    outputs.insert(sponge.squeeze(32))
                }
            }
        }
        #expect(outputs.count == 12)
        #expect(SessionID(tag: [], suite: .shake128) != SessionID(tag: [], suite: .turboSHAKE128))
        #expect(throws: FiatShamirError.wrongLength(expected: 32, actual: 31)) {
            try SessionID([UInt8](repeating: 0, count: 31))
        }
    }

    /// The two halves of a transcript agree, and the verifier's refuses what is short or long.
    @Test func argumentHalvesAgree() throws {
        var random = SeededGenerator()
        let session = SessionID(tag: Array("test".utf8), suite: .turboSHAKE128)
        let element = Ristretto255Group.multiply(Ristretto255Group.randomScalar(using: &random), .generator)
        let scalar = Ristretto255Group.randomScalar(using: &random)

        var prover = ArgumentProver<Ristretto255Group>(session, suite: .turboSHAKE128, statement: [1])
        try prover.send(element)
        let first = prover.challenge()
        prover.send(scalar)
        let second = prover.challenge()
        #expect(throws: GroupError.identity) { try prover.send(.identity) }

        func verify(_ argument: [UInt8], statement: [UInt8] = [1]) throws -> [Ristretto255Group.Scalar] {
            var verifier = ArgumentVerifier<Ristretto255Group>(
                session, suite: .turboSHAKE128, statement: statement, argument: argument)
            let receivedElement = try verifier.receiveElement()
            let one = verifier.challenge()
            let receivedScalar = try verifier.receiveScalar()
            let two = verifier.challenge()
            try verifier.finish()
            #expect(receivedElement == element && receivedScalar == scalar)
            return [one, two]
        }
        #expect(try verify(prover.bytes) == [first, second])
        let other = try verify(prover.bytes, statement: [2])
        #expect(other[0] != first && other[1] != second)
        #expect(throws: FiatShamirError.trailingBytes(1)) { try verify(prover.bytes + [0]) }
        #expect(throws: FiatShamirError.truncated(needed: 32, available: 31)) { try verify(prover.bytes.dropLast()) }
    }
}
