import TestSupport
import Testing
import VDAF

/// Transforms and Lagrange evaluation against the definitions.
@Suite struct PolynomialTests {
    static func evaluate<Field: FieldElement>(_ coefficients: [Field], at x: Field) -> Field {
        coefficients.reversed().reduce(.zero) { $0 * x + $1 }
    }

    static func powers<Field: NTTFieldElement>(of type: Field.Type, orderLog2: Int) -> [Field] {
        var root = Field.rootGenerator
        for _ in orderLog2..<Field.rootOrderLog2 { root *= root }
        var result = [Field.one]
        while result.count < 1 << orderLog2 { result.append(result[result.count - 1] * root) }
        return result
    }

    static func checkTransform<Field: NTTFieldElement>(_ type: Field.Type, _ random: inout SeededGenerator) {
        for log2 in 0...8 {
            let transform = NumberTheoreticTransform<Field>(countLog2: log2)
            let coefficients: [Field] = random.elements(1 << log2)
            let naive = powers(of: type, orderLog2: log2).map { evaluate(coefficients, at: $0) }
            #expect(transform.forward(coefficients) == naive, "size \(1 << log2)")
            #expect(transform.inverse(naive) == coefficients, "size \(1 << log2)")
        }
    }

    @Test func transformEqualsTheNaiveFourierTransform() {
        var random = SeededGenerator()
        Self.checkTransform(Field64.self, &random)
        Self.checkTransform(Field128.self, &random)
    }

    static func checkLagrange<Field: NTTFieldElement>(_ type: Field.Type, _ random: inout SeededGenerator) {
        for (count, log2) in [(1, 0), (2, 1), (3, 2), (4, 2), (7, 3), (10, 4), (16, 4), (31, 5), (5, 5)] {
            let nodes = powers(of: type, orderLog2: log2)[..<count]
            let coefficients: [Field] = random.elements(count)
            let values = nodes.map { evaluate(coefficients, at: $0) }
            let basis = LagrangeBasis<Field>(count: count, orderLog2: log2)
            for t in [random.element(), Field.zero, nodes[0], nodes[count - 1]] {
                let weights = basis.weights(at: t).map(\.element)
                let value = zip(weights, values).reduce(Field.zero) { $0 + $1.0 * $1.1 }
                #expect(value == evaluate(coefficients, at: t), "\(count) of \(1 << log2) nodes")
            }
        }
    }

    @Test func lagrangeWeightsEvaluateThePolynomialThroughSomeOrAllNodes() {
        var random = SeededGenerator()
        Self.checkLagrange(Field64.self, &random)
        Self.checkLagrange(Field128.self, &random)
    }
}
