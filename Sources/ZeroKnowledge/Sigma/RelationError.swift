/// Which rule a relation breaks (draft-irtf-cfrg-sigma-protocols-03, section 'Instance validation', rules 1 to 10), or
/// why bytes encode none.
public enum RelationError: Error, Equatable, Sendable {
    /// Rule 1.
    case noEquations
    /// Rule 2: an equation without a left side.
    case emptyImage(equation: Int)
    /// Rule 2: an equation without a right side.
    case noTerms(equation: Int)
    /// Rule 3: a negative index or one from 2^32 on.
    case indexOutOfRange(Int)
    /// Rule 3: 2^32 equations or terms, or more.
    case tooMany(Int)
    /// Rule 4: an index without an element.
    case missingElement(Int)
    /// Rule 5: an element, other than the generator, that no equation uses.
    case unusedElement(Int)
    /// Rule 6: a scalar that no equation uses. Its response would be accepted unchecked.
    case unusedScalar(Int)
    /// Rule 7: the first element is not the generator, or there is none.
    case generatorMissing
    /// Rule 8.
    case identityElement(Int)
    /// Rule 9: a left side that is zero, which the witness 0 satisfies.
    case trivialImage(equation: Int)
    /// Rule 10: a scalar that changes no equation.
    case trivialColumn(scalar: Int)
    /// The bytes are no encoding of a relation.
    case encoding(FiatShamirError)
}
