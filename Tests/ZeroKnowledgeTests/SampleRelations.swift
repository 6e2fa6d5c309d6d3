import ZeroKnowledge

/// Relations of every shape with their witnesses: the drafts' examples, and one with coefficients everywhere.
struct SampleRelation<G: Group> {
    var name: String
    var relation: LinearRelation<G>
    var witness: [G.Scalar]

    static func all(using random: inout some RandomNumberGenerator) throws -> [SampleRelation] {
        try [
            discreteLogarithm(&random), equalLogarithms(&random), pedersenOpening(&random), opensTo(&random),
            bit(&random), elGamalDecryption(&random), weighted(&random),
        ]
    }

    static func point(_ random: inout some RandomNumberGenerator) -> G.Element {
        G.multiply(G.randomScalar(using: &random), G.generator)
    }

    static func discreteLogarithm(_ random: inout some RandomNumberGenerator) throws -> SampleRelation {
        let x = G.randomScalar(using: &random)
        var builder = RelationBuilder<G>()
        let image = builder.element(G.multiply(x, G.generator))
        builder.equate(image, builder.witness() * builder.generator)
        return SampleRelation(name: "discrete_logarithm", relation: try builder.build(), witness: [x])
    }

    static func equalLogarithms(_ random: inout some RandomNumberGenerator) throws -> SampleRelation {
        let (x, base) = (G.randomScalar(using: &random), point(&random))
        var builder = RelationBuilder<G>()
        let h = builder.element(base)
        let (one, two) = (builder.element(G.multiply(x, G.generator)), builder.element(G.multiply(x, base)))
        let witness = builder.witness()
        builder.equate(one, witness * builder.generator)
        builder.equate(two, witness * h)
        return SampleRelation(name: "dleq", relation: try builder.build(), witness: [x])
    }

    static func pedersenOpening(_ random: inout some RandomNumberGenerator) throws -> SampleRelation {
        let base = point(&random)
        let (m, r) = (G.randomScalar(using: &random), G.randomScalar(using: &random))
        var builder = RelationBuilder<G>()
        let h = builder.element(base)
        let c = builder.element(G.multiScalar([m, r], [G.generator, base]))
        let (message, blind) = (builder.witness(), builder.witness())
        builder.equate(c, message * builder.generator + blind * h)
        return SampleRelation(name: "pedersen_commitment", relation: try builder.build(), witness: [m, r])
    }

    static func opensTo(_ random: inout some RandomNumberGenerator) throws -> SampleRelation {
        let base = point(&random)
        let (m, r) = (G.randomScalar(using: &random), G.randomScalar(using: &random))
        let commitment = G.multiScalar([m, r], [G.generator, base])
        return SampleRelation(
            name: "opens_to", relation: try opensTo(m, base: base, commitment: commitment), witness: [r])
    }

    static func opensTo(_ m: G.Scalar, base: G.Element, commitment: G.Element) throws -> LinearRelation<G> {
        var builder = RelationBuilder<G>()
        let (h, c) = (builder.element(base), builder.element(commitment))
        builder.equate(c, m * builder.generator + builder.witness() * h)
        return try builder.build()
    }

    /// That a commitment opens to 0 or 1, here to 1: C = b·G + r·H and C = b·C + s·H.
    static func bit(_ random: inout some RandomNumberGenerator) throws -> SampleRelation {
        let (base, r) = (point(&random), G.randomScalar(using: &random))
        var builder = RelationBuilder<G>()
        let (h, c) = (builder.element(base), builder.element(G.generator + G.multiply(r, base)))
        let (b, blind, product) = (builder.witness(), builder.witness(), builder.witness())
        builder.equate(c, b * builder.generator + blind * h)
        builder.equate(c, b * c + product * h)
        return SampleRelation(name: "bit", relation: try builder.build(), witness: [.one, r, .zero])
    }

    /// X = x·G and M = x·E0 - E1.
    static func elGamalDecryption(_ random: inout some RandomNumberGenerator) throws -> SampleRelation {
        let (x, e0, e1) = (G.randomScalar(using: &random), point(&random), point(&random))
        var builder = RelationBuilder<G>()
        let key = builder.element(G.multiply(x, G.generator))
        let (first, second) = (builder.element(e0), builder.element(e1))
        let message = builder.element(G.multiply(x, e0) - e1)
        let witness = builder.witness()
        builder.equate(key, witness * builder.generator)
        builder.equate(message, witness * first - second)
        return SampleRelation(name: "elgamal_decryption", relation: try builder.build(), witness: [x])
    }

    /// 7·Y - B = 3·x·(A + B) - 2·y·G and Z = y·A - 5·x·B.
    static func weighted(_ random: inout some RandomNumberGenerator) throws -> SampleRelation {
        let (x, y) = (G.randomScalar(using: &random), G.randomScalar(using: &random))
        let (a, b, image) = (point(&random), point(&random), point(&random))
        let (two, three, five) = (G.Scalar(2 as UInt64), G.Scalar(3 as UInt64), G.Scalar(5 as UInt64))
        // Y is free; what makes the first equation true is W, which the left side subtracts.
        let right = G.multiply(three * x, a + b) - G.multiply(two * y, G.generator)
        let offset = G.multiply(G.Scalar(7 as UInt64), image) - b - right
        let other = G.multiply(y, a) - G.multiply(five * x, b)
        var builder = RelationBuilder<G>()
        let (elementA, elementB) = (builder.element(a), builder.element(b))
        let (elementY, elementW, elementZ) = (builder.element(image), builder.element(offset), builder.element(other))
        let (first, second) = (builder.witness(), builder.witness())
        builder.equate(
            G.Scalar(7 as UInt64) * elementY - elementB - elementW,
            three * (first * (elementA + elementB)) - two * (second * builder.generator))
        builder.equate(elementZ, second * elementA - five * (first * elementB))
        return SampleRelation(name: "weighted", relation: try builder.build(), witness: [x, y])
    }
}
