import Commitments
import Ristretto255
import TestSupport
import ZeroKnowledge

/// A random statement with its witness.
struct LinearFormSample {
    static let application = "test v1"

    var coefficients: [Scalar]
    var values: [Int64]
    var blind: Scalar
    var noteBlind: Scalar

    /// - Parameter bits: of the values' magnitudes.
    init(count: Int, bits: Int = 16, using random: inout SeededGenerator) {
        coefficients = (0..<count).map { _ in Scalar.random(using: &random) }
        values = (0..<count).map { _ in
            Int64.random(in: -Int64(1) << (bits - 1)...Int64.max >> (64 - bits), using: &random)
        }
        blind = Scalar.random(using: &random)
        noteBlind = Scalar.random(using: &random)
    }

    var scalars: [Scalar] { values.map { $0 < 0 ? -Scalar($0.magnitude) : Scalar($0.magnitude) } }
    var value: Scalar { dot(coefficients, scalars) }

    var commitment: RistrettoPoint {
        PedersenVector.commit(scalars: scalars, blind: blind)
    }

    var note: RistrettoPoint {
        value * Generators.shared.noteBase + noteBlind * Generators.shared.blinding
    }

    func statement() throws -> LinearFormStatement {
        try LinearFormStatement(form: LinearForm(coefficients), commitment: commitment, note: note)
    }

    var naive: NaiveLinearForm {
        NaiveLinearForm(
            application: Self.application, coefficients: coefficients, commitment: commitment, note: note)
    }

    func proof(using random: inout SeededGenerator, threads: Int = 1) throws -> LinearFormProof {
        try LinearFormProofs(application: Self.application)
            .prove(
                statement(), values: values, blind: blind, noteBlind: noteBlind, using: &random, threads: threads)
    }
}
