/// The statement of a sigma proof: group elements, and linear equations between them in scalars that only the prover
/// knows (draft-irtf-cfrg-sigma-protocols-03, section 'Representation').
///
/// Equation i says image_i = Σ_j witness_j · M_ij, where image_i and the M_ij are public combinations of `elements`.
/// Both are sparse. The opening of a Pedersen commitment C, for example, is the equation C = m·G + r·H over the
/// elements [G, H, C] with the witness (m, r).
///
/// Every value is valid: `init` applies the draft's ten rules, so that provers and verifiers never meet a relation that
/// breaks one. What no rule can see is the author's duty: every element that a decision depends on must be an element
/// of its own. A sum of two elements registered as one would let a proof about it pass for any other two with that sum.
///
/// `RelationBuilder` writes relations down in the notation of the draft.
public struct LinearRelation<G: Group>: Sendable {
    /// coefficient · elements[element], on the left side of an equation.
    public struct ImageTerm: Sendable, Equatable {
        /// Which of the elements, by its position.
        public var element: Int
        /// What the element is multiplied by.
        public var coefficient: G.Scalar

        /// A term of one element.
        public init(element: Int, coefficient: G.Scalar) {
            self.element = element
            self.coefficient = coefficient
        }
    }

    /// coefficient · witness[scalar] · elements[element], on the right side.
    public struct Term: Sendable, Equatable {
        /// Which scalar of the witness.
        public var scalar: Int
        /// Which of the elements, by its position.
        public var element: Int
        /// What both are multiplied by.
        public var coefficient: G.Scalar

        /// A term of one scalar and one element.
        public init(scalar: Int, element: Int, coefficient: G.Scalar) {
            self.scalar = scalar
            self.element = element
            self.coefficient = coefficient
        }
    }

    /// Σ image = Σ terms.
    public struct Equation: Sendable, Equatable {
        /// The left side.
        public var image: [ImageTerm]
        /// The right side.
        public var terms: [Term]

        /// An equation with these sides.
        public init(image: [ImageTerm], terms: [Term]) {
            self.image = image
            self.terms = terms
        }
    }

    /// The group's generator, then the elements of the statement.
    public let elements: [G.Element]
    /// The equations, in the order in which proofs have them.
    public let equations: [Equation]
    /// Scalars in a witness.
    public let scalarCount: Int

    /// `image(instance)`: the value of each equation's left side.
    let images: [G.Element]
    /// `SerializeLinearRelation(instance)`.
    package let encoding: [UInt8]

    /// - Parameter elements: the first is the group's generator.
    /// - Throws: `RelationError`, the first of the draft's rules that is broken.
    public init(elements: [G.Element], equations: [Equation]) throws(RelationError) {
        self.elements = elements
        self.equations = equations
        scalarCount = try Self.checkShape(elements, equations)
        images = try Self.checkedImages(elements, equations)
        try Self.checkColumns(elements, equations, scalarCount: scalarCount)
        encoding = try Self.encode(elements, equations)
    }
}
