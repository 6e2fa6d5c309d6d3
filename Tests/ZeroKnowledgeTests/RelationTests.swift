import Encodings
import Ristretto255
import TestSupport
import Testing
import ZeroKnowledge

/// Relations: the ten rules one by one, the notation of the draft, and a decoder that refuses everything else.
@Suite struct RelationTests {
    typealias G = Ristretto255Group
    typealias Relation = LinearRelation<G>

    static let points = (1...4).map { G.multiply(G.Scalar(UInt64($0 * 10)), .generator) }

    /// X = x·G with everything open to change.
    static func make(
        elements: [G.Element] = [G.generator, points[0]],
        equations: [Relation.Equation] = [
            Relation.Equation(
                image: [.init(element: 1, coefficient: .one)],
                terms: [.init(scalar: 0, element: 0, coefficient: .one)])
        ]
    ) throws(RelationError) -> Relation {
        try Relation(elements: elements, equations: equations)
    }

    static func equation(_ image: [(Int, G.Scalar)], _ terms: [(Int, Int, G.Scalar)]) -> Relation.Equation {
        Relation.Equation(
            image: image.map { .init(element: $0.0, coefficient: $0.1) },
            terms: terms.map { .init(scalar: $0.0, element: $0.1, coefficient: $0.2) })
    }

    @Test func theTenRules() throws {
        let (g, x, y) = (G.generator, Self.points[0], Self.points[1])
        let minusOne = -G.Scalar.one
        func expect(
            _ error: RelationError, _ elements: [G.Element], _ equations: [Relation.Equation],
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            #expect(throws: error, sourceLocation: sourceLocation) {
                try Self.make(elements: elements, equations: equations)
            }
        }
        _ = try Self.make()
        // 1
        expect(.noEquations, [g], [])
        // 2
        expect(.emptyImage(equation: 0), [g, x], [Self.equation([], [(0, 1, .one)])])
        expect(
            .noTerms(equation: 1), [g, x], [Self.equation([(1, .one)], [(0, 0, .one)]), Self.equation([(1, .one)], [])])
        // 3
        expect(.indexOutOfRange(-1), [g, x], [Self.equation([(-1, .one)], [(0, 0, .one)])])
        expect(.indexOutOfRange(1 << 32), [g, x], [Self.equation([(1, .one)], [(0, 1 << 32, .one)])])
        expect(.indexOutOfRange(1 << 32), [g, x], [Self.equation([(1, .one)], [(1 << 32, 0, .one)])])
        expect(.indexOutOfRange(.min), [g, x], [Self.equation([(1, .one)], [(.min, 0, .one)])])
        // 4
        expect(.missingElement(2), [g, x], [Self.equation([(1, .one)], [(0, 2, .one)])])
        expect(.missingElement((1 << 32) - 1), [g, x], [Self.equation([((1 << 32) - 1, .one)], [(0, 0, .one)])])
        // 5, from which the generator is free
        expect(.unusedElement(2), [g, x, y], [Self.equation([(1, .one)], [(0, 0, .one)])])
        _ = try Self.make(elements: [g, x, y], equations: [Self.equation([(1, .one)], [(0, 2, .one)])])
        // 6, however large the other index
        expect(.unusedScalar(0), [g, x], [Self.equation([(1, .one)], [((1 << 32) - 1, 0, .one)])])
        expect(.unusedScalar(1), [g, x], [Self.equation([(1, .one)], [(0, 0, .one), (2, 0, .one)])])
        // 7
        expect(.generatorMissing, [], [Self.equation([(0, .one)], [(0, 0, .one)])])
        expect(.generatorMissing, [x, g], [Self.equation([(1, .one)], [(0, 0, .one)])])
        // 8
        expect(.identityElement(1), [g, .identity], [Self.equation([(1, .one)], [(0, 0, .one)])])
        // 9: cancelling terms, and a coefficient 0
        expect(.trivialImage(equation: 0), [g, x], [Self.equation([(1, .one), (1, minusOne)], [(0, 0, .one)])])
        expect(.trivialImage(equation: 0), [g, x], [Self.equation([(1, .zero)], [(0, 0, .one)])])
        expect(
            .trivialImage(equation: 1), [g, x],
            [
                Self.equation([(1, .one)], [(0, 0, .one)]),
                Self.equation([(1, .one), (0, -G.Scalar(10))], [(0, 0, .one)]),
            ])
        // 10: the same for a column, which one effective equation saves
        expect(.trivialColumn(scalar: 0), [g, x], [Self.equation([(1, .one)], [(0, 0, .one), (0, 0, minusOne)])])
        expect(.trivialColumn(scalar: 1), [g, x], [Self.equation([(1, .one)], [(0, 0, .one), (1, 0, .zero)])])
        _ = try Self.make(
            elements: [g, x],
            equations: [
                Self.equation([(1, .one)], [(0, 0, .one), (1, 0, .zero)]), Self.equation([(1, .one)], [(1, 0, .one)]),
            ])
    }

    /// The draft compiles its examples to these elements and equations.
    @Test func theNotationCompilesAsInTheDraft() throws {
        let one = G.Scalar.one
        let p = Self.points

        // AggregateEncryption: E0 = r * G; M + E1 = r * (X1 + X2)
        var aggregate = RelationBuilder<G>()
        let (x1, x2, m) = (aggregate.element(p[0]), aggregate.element(p[1]), aggregate.element(p[2]))
        let (e0, e1) = (aggregate.element(p[3]), aggregate.element(p[0] + p[3]))
        let r = aggregate.witness()
        aggregate.equate(e0, r * aggregate.generator)
        aggregate.equate(m + e1, r * (x1 + x2))
        #expect(
            try aggregate.build().equations == [
                Self.equation([(4, one)], [(0, 0, one)]),
                Self.equation([(3, one), (5, one)], [(0, 1, one), (0, 2, one)]),
            ])

        // ElGamalDecryption: X = x * G; M = x * E0 - E1
        var decryption = RelationBuilder<G>()
        let (key, first, second, message) = (
            decryption.element(p[0]), decryption.element(p[1]), decryption.element(p[2]), decryption.element(p[3])
        )
        let x = decryption.witness()
        decryption.equate(key, x * decryption.generator)
        decryption.equate(message, x * first - second)
        #expect(
            try decryption.build().equations == [
                Self.equation([(1, one)], [(0, 0, one)]), Self.equation([(4, one), (3, one)], [(0, 2, one)]),
            ])

        // OpensTo: C = m * G + r * H with a public m
        let opening = try SampleRelation<G>.opensTo(9, base: p[0], commitment: p[1])
        #expect(opening.equations == [Self.equation([(2, one), (0, -G.Scalar(9))], [(0, 1, one)])])

        // A witness on the left changes sides with its sign, coefficients multiply out.
        var sides = RelationBuilder<G>()
        let (a, b) = (sides.element(p[0]), sides.element(p[1]))
        let s = sides.witness()
        sides.equate(s * a + 2 * b, 3 * (4 * (s * b) - a))
        #expect(try sides.build().equations == [Self.equation([(2, 2), (1, 3)], [(0, 1, -one), (0, 2, 12)])])
    }

    @Test func theBuilderRefusesWhatIsDeclaredAndNotUsed() throws {
        var builder = RelationBuilder<G>()
        builder.equate(builder.element(Self.points[0]), builder.witness() * builder.generator)
        _ = builder.witness()
        #expect(throws: RelationError.unusedScalar(1)) { try builder.build() }
        var other = RelationBuilder<G>()
        other.equate(other.element(Self.points[0]), other.witness() * other.generator)
        _ = other.element(Self.points[1])
        #expect(throws: RelationError.unusedElement(2)) { try other.build() }
    }

    /// The header of ChaumPedersen that the draft writes out byte by byte.
    @Test func theEncodingIsTheDrafts() throws {
        var random = SeededGenerator()
        let relation = try SampleRelation<P256Group>.equalLogarithms(&random).relation
        let one = [UInt8](repeating: 0, count: 31) + [1]
        func le(_ value: UInt8) -> [UInt8] { [value, 0, 0, 0] }
        let header =
            le(2) + le(1) + le(2) + one + le(1) + le(0) + le(0) + one + le(1) + le(3) + one + le(1) + le(0) + le(1)
            + one
        #expect(relation.encoding == header + (try P256Group.encode(Array(relation.elements.dropFirst()))))
    }

    @Test func decodingIsTheInverseOfEncodingAndTotal() throws {
        var random = SeededGenerator()
        for sample in try SampleRelation<G>.all(using: &random) {
            let encoding = sample.relation.encoding
            let decoded = try Relation(decoding: encoding)
            #expect(decoded.encoding == encoding && decoded.equations == sample.relation.equations)
            #expect(decoded.scalarCount == sample.witness.count)
            for length in 0..<encoding.count {
                #expect(throws: RelationError.self) { try Relation(decoding: Array(encoding[..<length])) }
            }
            #expect(throws: RelationError.self) { try Relation(decoding: encoding + [0]) }
            // Any one bit: refused, or another relation; never a crash.
            for bit in 0..<encoding.count * 8 {
                var changed = encoding
                changed[bit / 8] ^= 1 << (bit % 8)
                if let other = try? Relation(decoding: changed) { #expect(other.encoding == changed) }
            }
        }
        for _ in 0..<2000 {
            _ = try? Relation(decoding: random.bytes(Int.random(in: 0...200, using: &random)))
        }
    }

    /// Counts of 2^32 - 1 with nothing behind them end where the input ends.
    @Test func falseCountsCostNothing() {
        for prefix in [[], [1, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0]] as [[UInt8]] {
            #expect(throws: RelationError.encoding(.truncated(needed: 4, available: 0))) {
                try Relation(decoding: prefix + [0xFF, 0xFF, 0xFF, 0xFF])
            }
        }
        #expect(throws: RelationError.noEquations) { try Relation(decoding: [0, 0, 0, 0]) }
    }
}
