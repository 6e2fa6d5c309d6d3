import Commitments
import Secrets

/// The interactive proof of knowledge of a witness, in three messages (draft-irtf-cfrg-sigma-protocols-03, section 'The
/// Sigma Protocol'): commitment, challenge, response.
///
/// Only building blocks. On its own it proves something to an honest verifier alone, and a prover that answers twice from
/// one commitment gives the witness away: use `SigmaProofs`, which takes the challenge from a hash.
package enum SigmaProtocol<G: Group> {
    /// The prover between its two messages. It answers once: answering consumes it.
    package struct Prover: ~Copyable {
        /// The first message.
        package let commitment: [G.Element]
        private let witness: [G.Scalar]
        private let nonces: SecretScalars<G.Scalar>

        /// `ProverCommitment`.
        ///
        /// - Precondition: the witness has `scalarCount` scalars.
        package init(
            _ relation: LinearRelation<G>, witness: [G.Scalar], using generator: inout some RandomNumberGenerator
        ) {
            precondition(witness.count == relation.scalarCount, "a witness has one scalar for each of the relation's")
            nonces = SecretScalars<G.Scalar>(count: relation.scalarCount) { G.randomScalar(using: &generator) }
            commitment = relation.map(secret: nonces.values)
            self.witness = witness
        }

        /// `ProverResponse`: nonce + witness · challenge, for every scalar.
        package consuming func response(to challenge: G.Scalar) -> [G.Scalar] {
            zip(nonces.values, witness).map { $0 + $1 * challenge }
        }
    }

    /// `Verifier`: whether commitment_i + challenge · image_i = map(response)_i for every equation.
    ///
    /// Runs in variable time: all of its input is public.
    package static func accepts(
        _ relation: LinearRelation<G>, commitment: [G.Element], challenge: G.Scalar, response: [G.Scalar]
    ) -> Bool {
        guard commitment.count == relation.equations.count, response.count == relation.scalarCount else {
            return false
        }
        return simulateCommitment(relation, response: response, challenge: challenge) == commitment
    }

    /// `SimulateResponse`: random scalars.
    package static func simulateResponse(
        _ relation: LinearRelation<G>, using generator: inout some RandomNumberGenerator
    ) -> [G.Scalar] {
        (0..<relation.scalarCount).map { _ in G.randomScalar(using: &generator) }
    }

    /// `SimulateCommitment`: the one commitment with which a response answers a challenge, map(response) - challenge ·
    /// image. One multi-scalar multiplication an equation, in variable time.
    ///
    /// - Precondition: the response has `scalarCount` scalars.
    package static func simulateCommitment(
        _ relation: LinearRelation<G>, response: [G.Scalar], challenge: G.Scalar
    ) -> [G.Element] {
        precondition(response.count == relation.scalarCount, "a response has one scalar for each of the relation's")
        return relation.equations.indices.map { index in
            let terms = relation.equations[index].terms
            return G.variableTimeMultiScalar(
                terms.map { $0.coefficient * response[$0.scalar] } + [-challenge],
                terms.map { relation.elements[$0.element] } + [relation.images[index]])
        }
    }
}

extension LinearRelation {
    /// `map(instance, scalars)` in constant time: what depends on time is how many terms there are.
    ///
    /// - Precondition: there are `scalarCount` scalars.
    func map(secret scalars: [G.Scalar]) -> [G.Element] {
        equations.map { equation in
            var products = equation.terms.map { $0.coefficient * scalars[$0.scalar] }
            defer { Wipe.values(&products) }
            return G.multiScalar(products, equation.terms.map { elements[$0.element] })
        }
    }
}
