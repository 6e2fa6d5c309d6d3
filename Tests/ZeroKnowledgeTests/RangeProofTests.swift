import Commitments
import Ristretto255
import TestSupport
import Testing
import ZeroKnowledge

@Suite struct RangeProofTests {
    private let proofs = RangeProofs(application: RangeSample.application)

    /// Against the proof as its page writes it down: the same bytes from the same randomness, and each side accepts what
    /// the other makes.
    @Test(arguments: RangeStatement.Bits.allCases, [1, 2, 4])
    func proofsAreThoseOfTheNaiveArgument(bits: RangeStatement.Bits, count: Int) throws {
        var random = SeededGenerator()
        let sample = RangeSample(bits, count: count, using: &random)
        var (one, two) = (random, random)
        let proof = try sample.proof(using: &one)
        let expected = try sample.naive.prove(values: sample.values, blinds: sample.blinds, using: &two)
        #expect(proof.bytes == expected)
        #expect(try sample.naive.check(proof.bytes) == (true, true))
        try proofs.verify(proof, of: sample.statement())
    }

    @Test(arguments: [8, 16, 32]) func manyValuesAreProvedAtOnce(count: Int) throws {
        var random = SeededGenerator()
        for bits in [RangeStatement.Bits.eight, .sixtyFour] {
            let sample = RangeSample(bits, count: count, using: &random)
            let proof = try sample.proof(using: &random)
            #expect(proof.bytes.count == RangeProof.size(bits: bits, count: count))
            try proofs.verify(proof, of: sample.statement())
        }
    }

    @Test(arguments: RangeStatement.Bits.allCases) func theEndsOfTheRangeAreProved(bits: RangeStatement.Bits) throws {
        var random = SeededGenerator()
        let largest = UInt64.max >> UInt64(64 - bits.rawValue)
        for values in [[0], [largest], [1], [largest, 0]] {
            var sample = RangeSample(bits, count: values.count, using: &random)
            sample.values = values
            try proofs.verify(sample.proof(using: &random), of: sample.statement())
        }
    }

    @Test func sizesAreLogarithmic() {
        #expect(RangeProof.size(bits: .sixtyFour, count: 1) == 672)
        #expect(RangeProof.size(bits: .eight, count: 1) == 480)
        #expect(RangeProof.size(bits: .thirtyTwo, count: 1) == 608)
        #expect(RangeProof.size(bits: .sixtyFour, count: 32) == 992)
    }

    @Test func theProverRefusesWhatItCannotProve() throws {
        var random = SeededGenerator()
        let sample = RangeSample(.eight, count: 2, using: &random)
        let statement = try sample.statement()
        func prove(_ values: [UInt64], _ blinds: [Scalar]) throws {
            _ = try proofs.prove(statement, values: values, blinds: blinds, using: &random)
        }
        try prove(sample.values, sample.blinds)
        for value: UInt64 in [256, 1 << 32, .max] {
            #expect(throws: ProofError.valueOutOfRange(1)) { try prove([sample.values[0], value], sample.blinds) }
        }
        #expect(throws: ProofError.falseWitness) {
            try prove([sample.values[0], sample.values[1] ^ 1], sample.blinds)
        }
        #expect(throws: ProofError.falseWitness) { try prove(sample.values, [sample.blinds[0], 5]) }
        #expect(throws: ProofError.wrongWitnessCount(expected: 2, actual: 1)) { try prove([3], sample.blinds) }
        #expect(throws: ProofError.wrongWitnessCount(expected: 2, actual: 3)) {
            try prove(sample.values, sample.blinds + [1])
        }
    }

    @Test func statementsOfOtherShapesAreRefused() throws {
        let generator = RistrettoPoint.generator
        for count in [0, 3, 5, 31, 33, 64] {
            let commitments = [RistrettoPoint](repeating: generator, count: count)
            #expect(throws: ProofError.unsupportedCount(count)) {
                try RangeStatement(bits: .eight, commitments: commitments)
            }
            #expect(throws: ProofError.unsupportedCount(count)) {
                try RangeProof(decoding: [], bits: .eight, count: count)
            }
        }
        #expect(throws: ProofError.malformed(.identity)) {
            try RangeStatement(bits: .eight, commitments: [generator, .identity])
        }
    }
}
