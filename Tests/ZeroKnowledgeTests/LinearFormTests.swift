import Commitments
import Ristretto255
import TestSupport
import Testing
import ZeroKnowledge

@Suite struct LinearFormTests {
    private let proofs = LinearFormProofs(application: LinearFormSample.application)

    /// Proofs of every length around powers of two, against the argument as its page writes it down: the same bytes from
    /// the same randomness, and each side accepts what the other makes.
    @Test(arguments: [1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 47, 48, 49, 65, 127, 200])
    func proofsAreThoseOfTheNaiveArgument(count: Int) throws {
        var random = SeededGenerator()
        for bits in [1, 16, 40, 64] {
            let sample = LinearFormSample(count: count, bits: bits, using: &random)
            let naive = sample.naive
            var (one, two) = (random, random)
            let proof = try sample.proof(using: &one)
            let expected = try naive.prove(
                vector: { _ in sample.scalars }, blind: sample.blind, value: sample.value, noteBlind: sample.noteBlind,
                using: &two)
            #expect(proof.bytes == expected, "\(bits) bits")
            #expect(try naive.check(proof.bytes) == (true, true))
            try proofs.verify(proof, of: sample.statement())
        }
    }

    @Test(arguments: [500, 1_000, 3_001])
    func longVectorsAreProvedOnAnyNumberOfThreads(count: Int) throws {
        var random = SeededGenerator()
        let sample = LinearFormSample(count: count, using: &random)
        var (one, two) = (random, random)
        let proof = try sample.proof(using: &one)
        #expect(try sample.proof(using: &two, threads: 3) == proof)
        #expect(try sample.naive.check(proof.bytes) == (true, true))
        try proofs.verify(proof, of: sample.statement())
        try proofs.verify(proof, of: sample.statement(), threads: 2)
    }

    /// Zero vectors, zero λ, and the largest integers.
    @Test func extremeValuesAreProved() throws {
        var random = SeededGenerator()
        for count in [1, 6, 64, 130] {
            for (value, coefficient) in [
                (Int64(0), Scalar(1)), (.min, Scalar(1)), (.max, -Scalar(1)), (5, Scalar(0)), (0, Scalar(0)), (-1, 1),
            ] {
                var sample = LinearFormSample(count: count, using: &random)
                sample.values = [Int64](repeating: value, count: count)
                sample.coefficients = [Scalar](repeating: coefficient, count: count)
                let proof = try sample.proof(using: &random)
                try proofs.verify(proof, of: sample.statement())
                #expect(try sample.naive.check(proof.bytes) == (true, true))
            }
        }
    }

    @Test func sizesAreLogarithmic() {
        #expect(
            [1, 2, 3, 4, 5, 1_000, 10_000].map { LinearFormProof.size(count: $0) / 32 } == [6, 8, 10, 10, 12, 26, 34])
    }

    @Test func integersAndScalarsMakeTheSameForm() throws {
        let form = try LinearForm(integers: [1, -1, .min, .max, 0])
        let same = try LinearForm([1, -Scalar(1), -Scalar(UInt64(1) << 63), Scalar(UInt64.max >> 1), 0])
        #expect(form.digest == same.digest && form.coefficients == same.coefficients)
        #expect(form.value(at: [2, 3, 0, 1, 9]) == Scalar(UInt64.max >> 1) - 1)
    }

    @Test func theProverRefusesAFalseWitness() throws {
        var random = SeededGenerator()
        let sample = LinearFormSample(count: 9, using: &random)
        let statement = try sample.statement()
        func prove(_ change: (inout LinearFormSample) -> Void) throws {
            var changed = sample
            change(&changed)
            _ = try proofs.prove(
                statement, values: changed.values, blind: changed.blind, noteBlind: changed.noteBlind, using: &random)
        }
        try prove { _ in }
        #expect(throws: ProofError.falseWitness) { try prove { $0.values[8] += 1 } }
        #expect(throws: ProofError.falseWitness) { try prove { $0.blind += 1 } }
        #expect(throws: ProofError.falseWitness) { try prove { $0.noteBlind += 1 } }
        #expect(throws: ProofError.wrongWitnessCount(expected: 9, actual: 8)) { try prove { $0.values.removeLast() } }
        #expect(throws: ProofError.wrongWitnessCount(expected: 9, actual: 10)) { try prove { $0.values.append(0) } }
    }

    @Test func statementsWithoutContentAreRefused() throws {
        let generator = RistrettoPoint.generator
        #expect(throws: ProofError.unsupportedLength(0)) { try LinearForm([]) }
        #expect(throws: ProofError.unsupportedLength(Generators.maximalCount + 1)) {
            try LinearForm([Scalar](repeating: 1, count: Generators.maximalCount + 1))
        }
        let form = try LinearForm([1])
        #expect(throws: ProofError.malformed(.identity)) {
            try LinearFormStatement(form: form, commitment: .identity, note: generator)
        }
        #expect(throws: ProofError.malformed(.identity)) {
            try LinearFormStatement(form: form, commitment: generator, note: .identity)
        }
    }
}
