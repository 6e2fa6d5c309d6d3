/// The ten rules of draft-irtf-cfrg-sigma-protocols-03, section 'Instance validation'.
///
/// Relations are public, so all of this runs in variable time. Memory is bounded by the number of terms, whatever
/// indices they name.
extension LinearRelation {
    private static var limit: Int { 1 << 32 }

    /// Rules 1 to 8, and the number of scalars.
    static func checkShape(_ elements: [G.Element], _ equations: [Equation]) throws(RelationError) -> Int {
        guard !equations.isEmpty else { throw .noEquations }
        guard equations.count < limit else { throw .tooMany(equations.count) }
        guard elements.first == G.generator else { throw .generatorMissing }
        var usedElements = [Bool](repeating: false, count: elements.count)
        var usedScalars: Set<Int> = []
        for (index, equation) in equations.enumerated() {
            guard !equation.image.isEmpty else { throw .emptyImage(equation: index) }
            guard !equation.terms.isEmpty else { throw .noTerms(equation: index) }
            for count in [equation.image.count, equation.terms.count] where count >= limit { throw .tooMany(count) }
            for element in equation.image.map(\.element) + equation.terms.map(\.element) {
                try checkIndex(element)
                guard element < elements.count else { throw .missingElement(element) }
                usedElements[element] = true
            }
            for term in equation.terms {
                try checkIndex(term.scalar)
                usedScalars.insert(term.scalar)
            }
        }
        if let unused = usedElements.indices.dropFirst().first(where: { !usedElements[$0] }) {
            throw .unusedElement(unused)
        }
        // Distinct indices from 0 on without a gap are as many as the greatest plus one.
        if let unused = (0..<usedScalars.count).first(where: { !usedScalars.contains($0) }) {
            throw .unusedScalar(unused)
        }
        if let identity = elements.firstIndex(where: \.isIdentity) { throw .identityElement(identity) }
        return usedScalars.count
    }

    private static func checkIndex(_ index: Int) throws(RelationError) {
        guard (0..<limit).contains(index) else { throw .indexOutOfRange(index) }
    }

    /// Rule 9, and the values of all left sides.
    static func checkedImages(
        _ elements: [G.Element], _ equations: [Equation]
    ) throws(RelationError) -> [G.Element] {
        var images: [G.Element] = []
        images.reserveCapacity(equations.count)
        for (index, equation) in equations.enumerated() {
            let image = combination(equation.image.map { ($0.coefficient, elements[$0.element]) })
            guard !image.isIdentity else { throw .trivialImage(equation: index) }
            images.append(image)
        }
        return images
    }

    /// Rule 10.
    static func checkColumns(
        _ elements: [G.Element], _ equations: [Equation], scalarCount: Int
    ) throws(RelationError) {
        var effective = [Bool](repeating: false, count: scalarCount)
        for equation in equations {
            for (scalar, terms) in Dictionary(grouping: equation.terms, by: \.scalar) where !effective[scalar] {
                effective[scalar] = !combination(terms.map { ($0.coefficient, elements[$0.element]) }).isIdentity
            }
        }
        if let trivial = effective.firstIndex(of: false) { throw .trivialColumn(scalar: trivial) }
    }

    /// Σ coefficient · element; an element with the coefficient 1, the most frequent case, costs nothing.
    private static func combination(_ terms: [(G.Scalar, G.Element)]) -> G.Element {
        if terms.count == 1, terms[0].0 == .one { return terms[0].1 }
        return G.variableTimeMultiScalar(terms.map(\.0), terms.map(\.1))
    }
}
