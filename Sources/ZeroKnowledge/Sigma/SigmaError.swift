/// Why a sigma proof was refused, or could not be made.
public enum SigmaError: Error, Equatable, Sendable {
    /// The proof's length does not fit the relation.
    case wrongLength(expected: Int, actual: Int)
    /// The proof contains something that is no element or scalar.
    case malformed(GroupError)
    /// The commitment that a compact proof implies contains the identity, which no prover's does.
    case identityCommitment
    /// Well-formed, and false: the proof was made for another statement, application or flavour, or by somebody
    /// without a witness. Of a batch, at least one proof is.
    case rejected

    /// The prover's witness has the wrong number of scalars.
    case wrongWitnessCount(expected: Int, actual: Int)
    /// The prover's witness does not satisfy the equations.
    case falseWitness
}
