import Commitments
import Ristretto255
import TestSupport
import Testing
import ZeroKnowledge

/// Attacks on range proofs that must fail.
@Suite struct RangeAttackTests {
    private let proofs = RangeProofs(application: RangeSample.application)

    private func verify(_ bytes: [UInt8], _ statement: RangeStatement) throws {
        try proofs.verify(
            RangeProof(decoding: bytes, bits: statement.bits, count: statement.commitments.count), of: statement)
    }

    @Test(arguments: [1, 2]) func noFieldCanChange(count: Int) throws {
        var random = SeededGenerator()
        let sample = RangeSample(.eight, count: count, using: &random)
        let statement = try sample.statement()
        let proof = try sample.proof(using: &random).bytes
        try verify(proof, statement)
        let fields = proof.count / 32
        let scalars = [4, 5, 6, fields - 2, fields - 1]
        try FieldChanges.check(proof, scalars: scalars) { try verify($0, statement) }
    }

    @Test func noBitCanChange() throws {
        var random = SeededGenerator()
        let sample = RangeSample(.eight, count: 1, using: &random)
        let statement = try sample.statement()
        let proof = try sample.proof(using: &random).bytes
        for bit in 0..<8 * proof.count {
            var changed = proof
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: ProofError.self, "bit \(bit)") { try verify(changed, statement) }
        }
    }

    @Test func proofsAreWorthNothingElsewhere() throws {
        var random = SeededGenerator()
        let sample = RangeSample(.sixteen, count: 2, using: &random)
        let commitments = sample.commitments
        let proof = try sample.proof(using: &random)
        for application in ["test v2", "test v", "", "test v1-Range", "test v1 audience B"] {
            #expect(throws: ProofError.rejected) {
                try RangeProofs(application: application).verify(proof, of: sample.statement())
            }
        }
        func refused(_ bits: RangeStatement.Bits, _ commitments: [RistrettoPoint], _ error: ProofError = .rejected) {
            #expect(throws: error) {
                try proofs.verify(proof, of: RangeStatement(bits: bits, commitments: commitments))
            }
        }
        refused(.sixteen, commitments.reversed())
        refused(.sixteen, [commitments[0], commitments[0]])
        for delta in [RistrettoPoint.generator, Generators.shared.blinding, Generators.shared.noteBase] {
            refused(.sixteen, [commitments[0] + delta, commitments[1]])
            refused(.sixteen, [commitments[0], commitments[1] + delta])
            refused(.sixteen, [commitments[0] + delta, commitments[1] - delta])
        }
        // Other shapes, the first two with as many positions.
        refused(.thirtyTwo, [commitments[0]])
        refused(.eight, commitments + commitments)
        refused(.thirtyTwo, commitments, .wrongLength(expected: 672, actual: 608))
        refused(.sixteen, [commitments[0]], .wrongLength(expected: 544, actual: 608))
    }

    /// A value out of range, by a prover that checks nothing: whether it commits to the lower bits of the value or to
    /// digits that are no bits, the proof fails.
    @Test(arguments: RangeStatement.Bits.allCases) func valuesOutOfRangeAreRejected(bits: RangeStatement.Bits) throws {
        var random = SeededGenerator()
        let width = bits.rawValue
        let blind = Scalar.random(using: &random)
        let top = Scalar(UInt64(1) << UInt64(width - 1))
        let zeros = [Scalar](repeating: .zero, count: width - 1)
        let ones = [Scalar](repeating: .one, count: width - 1)
        // 2^bits = 2·2^(bits - 1), and -1 = 1 + 2 + … + 2^(bits - 2) - 2^(bits - 1).
        for (value, lower, last) in [(top + top, zeros, Scalar(2)), (-.one, ones, -.one)] {
            let commitments = [RangeSample.commit(value, blind)]
            let naive = NaiveRange(application: RangeSample.application, bits: width, commitments: commitments)
            let statement = try RangeStatement(bits: bits, commitments: commitments)
            let digits = lower + [last]
            let claims: [NaiveRange.Lies] = [
                .init(left: lower + [.zero]), .init(left: lower + [.one]), .init(left: digits),
                .init(left: digits, right: digits.map { _ in .zero }),
                .init(left: digits, right: lower.map { $0 - 1 } + [.zero]),
            ]
            for lies in claims {
                let proof = try naive.prove(values: [0], blinds: [blind], lies: lies, using: &random)
                let (polynomial, innerProduct) = try naive.check(proof)
                #expect(!polynomial || !innerProduct)
                #expect(throws: ProofError.rejected) { try verify(proof, statement) }
            }
        }
    }

    /// t̂ that satisfies the first equation, and is not the inner product of the vectors.
    @Test func aFalseInnerProductIsRejected() throws {
        var random = SeededGenerator()
        let sample = RangeSample(.eight, count: 1, using: &random)
        let proof = try sample.naive.prove(
            values: sample.values, blinds: sample.blinds, lies: .init(linear: 1), using: &random)
        #expect(try sample.naive.check(proof) == (true, false))
        #expect(throws: ProofError.rejected) { try verify(proof, sample.statement()) }
    }

    /// Vectors whose inner product is t̂, and another t̂ than the commitment gives.
    @Test func aValueThatIsNotTheCommitmentsIsRejected() throws {
        var random = SeededGenerator()
        let sample = RangeSample(.eight, count: 1, using: &random)
        let proof = try sample.naive.prove(values: [sample.values[0] ^ 1], blinds: sample.blinds, using: &random)
        #expect(try sample.naive.check(proof) == (false, true))
        #expect(throws: ProofError.rejected) { try verify(proof, sample.statement()) }
    }
}
