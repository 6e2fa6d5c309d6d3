import Commitments
import Ristretto255
import TestSupport
import Testing

@Suite struct PedersenVectorTests {
    @Test(arguments: [0, 1, 5, 200])
    func commitmentsAreTheDefiningSum(length: Int) {
        var random = SeededGenerator()
        let values = (0..<length).map { _ in UInt128.random(in: 0...UInt128.max, using: &random) }
        let blind = Scalar.random(using: &random)
        let generators = Generators.shared
        var expected = blind * generators.blinding
        for (value, generator) in zip(values, generators.prefix(length)) {
            expected += Scalar(value) * generator
        }
        #expect(PedersenVector.commit(values: values, blind: blind) == expected)
        #expect(PedersenVector.commit(scalars: values.map { Scalar($0) }, blind: blind) == expected)
    }

    @Test func commitmentsAdd() {
        var random = SeededGenerator()
        let (a, b) = (
            (0..<50).map { _ in UInt128(UInt64.random(in: 0...UInt64.max, using: &random)) },
            (0..<50).map { _ in UInt128(UInt64.random(in: 0...UInt64.max, using: &random)) }
        )
        let (r, s) = (Scalar.random(using: &random), Scalar.random(using: &random))
        #expect(
            PedersenVector.commit(values: a, blind: r) + PedersenVector.commit(values: b, blind: s)
                == PedersenVector.commit(values: zip(a, b).map(+), blind: r + s))
        #expect(PedersenVector.commit(values: a, blind: r) != PedersenVector.commit(values: a, blind: s))
        #expect(PedersenVector.commit(values: a, blind: r) != PedersenVector.commit(values: b, blind: r))
    }

    /// Kept multiples must not be mixed up, nor lost where there are more of them than are kept.
    @Test func commitmentsToOneValueAreTheDefiningSum() {
        let generators = Generators.shared.prefix(70)
        for round in 0..<2 {
            for count in 0...70 {
                for value in [UInt128(count + 1), UInt128.max] {
                    #expect(
                        PedersenVector.commit(toAll: count, value: value)
                            == Scalar(value) * RistrettoPoint.sum(generators[..<count]), "round \(round)")
                }
            }
        }
    }
}
