/// Why a range proof or a linear-form proof was refused, or could not be made.
public enum ProofError: Error, Equatable, Sendable {
    /// The proof's length does not fit the statement.
    case wrongLength(expected: Int, actual: Int)
    /// The proof or the statement contains something that is no element or scalar, or the identity.
    case malformed(GroupError)
    /// Well-formed, and false: the proof was made for another statement or application, or by somebody without a
    /// witness. Of a batch, at least one proof is.
    case rejected

    /// A vector without elements, or longer than there are generators.
    case unsupportedLength(Int)
    /// So many values cannot be proved at once: it takes a power of two up to 32.
    case unsupportedCount(Int)
    /// The prover's witness has the wrong number of values.
    case wrongWitnessCount(expected: Int, actual: Int)
    /// The prover's value at this place is outside the range.
    case valueOutOfRange(Int)
    /// The prover's witness does not open the commitments.
    case falseWitness
}
