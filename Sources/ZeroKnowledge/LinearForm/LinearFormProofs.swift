import Commitments
import Ristretto255
import Secrets

/// Proofs about linear forms, for one application (compressed sigma protocols, eprint 2020/152; Bulletproofs' argument
/// for one committed vector, eprint 2021/1397 appendix E.3).
///
///     let proofs = LinearFormProofs(application: "example.org/credit v1")
///     let proof = try proofs.prove(statement, values: x, blind: r, noteBlind: t, using: &generator)
///     try proofs.verify(proof, of: statement)
///
/// Verifying takes one multi-scalar multiplication over d points; ``VerificationBatch`` shares it among many proofs.
public struct LinearFormProofs: Sendable {
    typealias G = InnerProductSuite.G

    let session: SessionID

    /// - Parameter application: names what the proofs are for, and a version; it may also bind freshness or an audience.
    public init(application: String) {
        session = InnerProductSuite.session(application: application, kind: "LinearForm")
    }

    /// Proves that `statement.note` commits to ⟨λ, x⟩.
    ///
    /// - Warning: sums over the generators run in variable time: whoever can measure how long a proof took may learn
    ///   something about x, such as how long its largest value is. Everything that touches the blinds r and t, and v, runs
    ///   in constant time.
    ///
    /// - Parameters:
    ///   - values: x, one integer for each coefficient of λ.
    ///   - blind: r.
    ///   - noteBlind: t.
    ///   - generator: cryptographically secure and never rewound: two proofs from the same random scalars reveal the
    ///     witness.
    ///   - threads: how many threads share the work.
    /// - Throws: `ProofError.wrongWitnessCount`, `.falseWitness`.
    public func prove(
        _ statement: LinearFormStatement, values: [Int64], blind: Scalar, noteBlind: Scalar,
        using generator: inout some RandomNumberGenerator, threads: Int = 1
    ) throws(ProofError) -> LinearFormProof {
        guard values.count == statement.form.count else {
            throw .wrongWitnessCount(expected: statement.form.count, actual: values.count)
        }
        let bases = (value: Generators.shared.noteBase, blind: Generators.shared.blinding)
        let generators = Generators.shared.precomputed(atLeast: values.count)
        let value = statement.form.value(at: values)
        let all = PrecomputedPoints.Stretch(values: 0, points: 0, count: values.count)
        guard
            statement.note == G.multiScalar([value, noteBlind], [bases.value, bases.blind]),
            statement.commitment
                == generators.variableTimeSum(values, over: [all], threads: threads) + blind * bases.blind
        else { throw .falseWitness }

        let bytes: [UInt8]
        do {
            bytes = try prove(
                statement, values: values, value: value, blind: blind, noteBlind: noteBlind, bases: bases,
                generators: FoldingGenerators(generators, integers: values, threads: threads), using: &generator)
        } catch {
            throw .malformed(error)
        }
        return try LinearFormProof(decoding: bytes, count: values.count)
    }

    /// The argument itself. Each round sends L and R, blinded by multiples of H of their own, and halves the vector; a
    /// Schnorr proof ends it, and another, under the same challenge, shows that the note has no part outside B and H.
    ///
    /// - Returns: the proof's bytes.
    private func prove(
        _ statement: LinearFormStatement, values: [Int64], value: Scalar, blind: Scalar, noteBlind: Scalar,
        bases: (value: RistrettoPoint, blind: RistrettoPoint), generators: consuming FoldingGenerators,
        using generator: inout some RandomNumberGenerator
    ) throws(GroupError) -> [UInt8] {
        var transcript = ArgumentProver<G>(session, suite: InnerProductSuite.hash, statement: statement.encoding)
        let weight = transcript.challenge()
        var vector = values.map { Scalar(signed: $0) }
        var coefficients = statement.form.coefficients
        var blind = blind + weight * noteBlind
        defer { Wipe.values(&vector) }

        while vector.count > 1 {
            let half = (vector.count + 1) / 2
            let sums = generators.crossTerms(vector)
            func message(
                _ sum: RistrettoPoint, _ vector: ArraySlice<Scalar>, _ coefficients: ArraySlice<Scalar>, _ mask: Scalar
            ) -> RistrettoPoint {
                let value = weight * Scalar.innerProduct(vector, coefficients)
                return sum + G.multiScalar([value, mask], [bases.value, bases.blind])
            }
            let masks = (G.randomScalar(using: &generator), G.randomScalar(using: &generator))
            try transcript.send(message(sums.left, vector[..<half], coefficients[half...], masks.0))
            try transcript.send(message(sums.right, vector[half...], coefficients[..<half], masks.1))

            let challenge = transcript.challenge()
            let inverse = challenge.inverted()
            var next = Scalar.fold(vector[..<half], challenge, vector[half...])
            swap(&vector, &next)
            Wipe.values(&next)
            coefficients = Scalar.fold(coefficients[..<half], inverse, coefficients[half...])
            generators.fold(challenge, inverse: inverse)
            blind = blind + inverse * masks.0 + challenge * masks.1
        }

        let nonces = SecretScalars<Scalar>(count: 4) { G.randomScalar(using: &generator) }
        let (a, b, c, d) = (nonces.values[0], nonces.values[1], nonces.values[2], nonces.values[3])
        try transcript.send(
            G.multiScalar([a, a * weight * coefficients[0], b], [generators.last, bases.value, bases.blind]))
        try transcript.send(G.multiScalar([c, d], [bases.value, bases.blind]))
        let challenge = transcript.challenge()
        transcript.send(a + challenge * vector[0])
        transcript.send(b + challenge * blind)
        transcript.send(c + challenge * value)
        transcript.send(d + challenge * noteBlind)
        return transcript.bytes
    }
}
