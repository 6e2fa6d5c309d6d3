import Commitments
import Ristretto255
import TestSupport
import ZeroKnowledge

/// A random statement with its witness.
struct RangeSample {
    static let application = "test v1"

    var bits: RangeStatement.Bits
    var values: [UInt64]
    var blinds: [Scalar]

    init(_ bits: RangeStatement.Bits, count: Int, using random: inout SeededGenerator) {
        self.bits = bits
        values = (0..<count).map { _ in random.next() >> UInt64(64 - bits.rawValue) }
        blinds = (0..<count).map { _ in Scalar.random(using: &random) }
    }

    var commitments: [RistrettoPoint] {
        zip(values, blinds).map { Self.commit(Scalar($0), $1) }
    }

    static func commit(_ value: Scalar, _ blind: Scalar) -> RistrettoPoint {
        value * Generators.shared.noteBase + blind * Generators.shared.blinding
    }

    func statement() throws -> RangeStatement {
        try RangeStatement(bits: bits, commitments: commitments)
    }

    var naive: NaiveRange {
        NaiveRange(application: Self.application, bits: bits.rawValue, commitments: commitments)
    }

    func proof(using random: inout some RandomNumberGenerator) throws -> RangeProof {
        try RangeProofs(application: Self.application)
            .prove(statement(), values: values, blinds: blinds, using: &random)
    }
}
