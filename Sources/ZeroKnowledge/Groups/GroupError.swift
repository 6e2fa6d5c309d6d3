/// Why bytes were refused as an element or scalar, or an element as a part of a proof.
public enum GroupError: Error, Equatable, Sendable {
    /// An encoding of so many bytes was expected, and has as many as the second number.
    case wrongLength(expected: Int, actual: Int)
    /// Not the canonical encoding of a group element: a wrong form, a number that is not reduced, or no point.
    case invalidElement
    /// The neutral element, which proofs and statements must not contain.
    case identity
    /// A number that is not below the group order.
    case nonCanonicalScalar
}
