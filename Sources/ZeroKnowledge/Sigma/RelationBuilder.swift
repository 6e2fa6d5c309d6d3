/// Relations in the draft's notation (draft-irtf-cfrg-sigma-protocols-03, section 'Specifying the relation').
///
/// The opening of a Pedersen commitment, `C = m * G + r * H`, is
///
///     var builder = RelationBuilder<Ristretto255Group>()
///     let h = builder.element(blinding), c = builder.element(commitment)
///     let m = builder.witness(), r = builder.witness()
///     builder.equate(c, m * builder.generator + r * h)
///     let relation = try builder.build()
///
/// Elements and witnesses get their indices in the order in which they are declared. The order of equations and terms is
/// part of the relation: two ways to write the same equations make different proofs.
public struct RelationBuilder<G: Group>: Sendable {
    /// A sum of terms, each the product of a public coefficient, perhaps a witness scalar, and an element.
    public struct Combination: Sendable {
        fileprivate var constants: [LinearRelation<G>.ImageTerm] = []
        fileprivate var terms: [LinearRelation<G>.Term] = []

        /// The sum of two combinations, the terms of the second behind those of the first.
        public static func + (a: Combination, b: Combination) -> Combination {
            Combination(constants: a.constants + b.constants, terms: a.terms + b.terms)
        }

        /// The first with the second negated behind it.
        public static func - (a: Combination, b: Combination) -> Combination {
            a + -b
        }

        /// The same terms with negated coefficients.
        public static prefix func - (a: Combination) -> Combination {
            -G.Scalar.one * a
        }

        /// A public coefficient, which the statement fixes.
        public static func * (coefficient: G.Scalar, a: Combination) -> Combination {
            var product = a
            for index in product.constants.indices {
                product.constants[index].coefficient = coefficient * a.constants[index].coefficient
            }
            for index in product.terms.indices {
                product.terms[index].coefficient = coefficient * a.terms[index].coefficient
            }
            return product
        }
    }

    /// A scalar that only the prover knows.
    public struct Witness: Sendable {
        fileprivate let index: Int

        /// The product with a combination of elements.
        ///
        /// - Precondition: the combination has no witness: relations are linear.
        public static func * (witness: Witness, elements: Combination) -> Combination {
            precondition(elements.terms.isEmpty, "a relation is linear in its witness")
            return Combination(
                terms: elements.constants.map {
                    LinearRelation<G>.Term(scalar: witness.index, element: $0.element, coefficient: $0.coefficient)
                })
        }
    }

    private var elements = [G.generator]
    private var equations: [LinearRelation<G>.Equation] = []
    private var witnessCount = 0

    /// A relation without elements, scalars and equations yet.
    public init() {}

    /// The group's generator, which every relation has.
    public var generator: Combination { Self.element(at: 0) }

    /// Declares an element of the statement.
    public mutating func element(_ element: G.Element) -> Combination {
        elements.append(element)
        return Self.element(at: elements.count - 1)
    }

    /// Declares a scalar of the witness.
    public mutating func witness() -> Witness {
        witnessCount += 1
        return Witness(index: witnessCount - 1)
    }

    /// Adds the equation `left = right`.
    ///
    /// Terms without a witness go to the left side, those with one to the right, negated where they change sides.
    public mutating func equate(_ left: Combination, _ right: Combination) {
        equations.append(
            LinearRelation<G>.Equation(image: (left - right).constants, terms: (-left + right).terms))
    }

    /// - Throws: `RelationError`, also for a witness or element that was declared and not used.
    public func build() throws(RelationError) -> LinearRelation<G> {
        let relation = try LinearRelation<G>(elements: elements, equations: equations)
        guard relation.scalarCount == witnessCount else { throw .unusedScalar(relation.scalarCount) }
        return relation
    }

    private static func element(at index: Int) -> Combination {
        Combination(constants: [LinearRelation<G>.ImageTerm(element: index, coefficient: .one)])
    }
}
