import Ristretto255
import TestSupport
import Testing

/// What proofs over long vectors do with scalars and points, against the plain way to do it.
@Suite struct VectorTests {
    private func scalars(_ count: Int, _ random: inout SeededGenerator) -> [Scalar] {
        // Extremes among them, for the carries.
        let extremes: [Scalar] = [.zero, .one, -.one]
        return (0..<count).map { _ in
            let choice = Int.random(in: 0...9, using: &random)
            return choice < 3 ? extremes[choice] : Scalar.random(using: &random)
        }
    }

    @Test func vectorsOfScalarsAgreeWithSingleOperations() {
        var random = SeededGenerator()
        for count in [0, 1, 2, 33, 300] {
            let (a, b, factor) = (scalars(count, &random), scalars(count, &random), Scalar.random(using: &random))
            #expect(Scalar.innerProduct(a[...], b[...]) == zip(a, b).map(*).reduce(.zero, +))
            #expect(Scalar.products(factor, a[...]) == a.map { factor * $0 })
            #expect(
                Scalar.fold(a[...], factor, b[..<(count / 2)])
                    == a.indices.map { index in
                        index < count / 2 ? a[index] + factor * b[index] : a[index]
                    })
            var sums = a
            Scalar.add(Array(b.prefix(count / 2)), to: &sums)
            #expect(sums == a.indices.map { $0 < count / 2 ? a[$0] + b[$0] : a[$0] })
            let powers = Scalar.powers(of: factor, count: count)
            #expect(powers.indices.allSatisfy { powers[$0] == ($0 == 0 ? .one : powers[$0 - 1] * factor) })
        }
        let largest = [Scalar](repeating: -.one, count: 100_000)
        #expect(Scalar.innerProduct(largest[...], largest[...]) == Scalar(UInt64(100_000)))
    }

    /// Two reductions, by folding at 2^252 and Montgomery's, over the numbers where one of them might end a step early.
    @Test func productsByEitherReductionAgree() {
        var random = SeededGenerator()
        // 2^252 = -27742317777372353535851937790883648493 mod ℓ.
        let top = -Scalar(UInt128(27_742_317_777_372_353_535_851_937_790_883_648_493))
        var values: [Scalar] = [.zero, .one, -.one, -Scalar(2), top, top - 1, top + 1, -top, Scalar(UInt128.max)]
        values += (0..<60).map { _ in Scalar.random(using: &random) }
        values += (UInt64(0)..<20).map { top - Scalar(UInt64(1) << (3 * $0)) }
        for a in values {
            let products = Scalar.products(a, values[...])
            for (b, product) in zip(values, products) {
                #expect(a * b == product)
            }
        }
        #expect(top + top + top + top == Scalar(4) * top && top * top == -top * -top)
    }

    @Test func inversesMultiplyToOne() {
        var random = SeededGenerator()
        let values = [.one, -.one, Scalar(2)] + (0..<50).map { _ in Scalar.random(using: &random) }
        for (value, inverse) in zip(values, Scalar.inverses(of: values)) {
            #expect(value * inverse == .one && value.inverted() == inverse)
        }
        #expect(Scalar.zero.inverted() == .zero && Scalar.inverses(of: []).isEmpty)
    }

    @Test func signedIntegersAreResidues() {
        for value: Int64 in [0, 1, -1, .max, .min, 1 << 40, -(1 << 40)] {
            let magnitude = Scalar(value.magnitude)
            #expect(Scalar(signed: value) == (value < 0 ? -magnitude : magnitude))
        }
    }

    private func points(_ count: Int, _ random: inout SeededGenerator) throws -> [RistrettoPoint] {
        try (0..<count).map { _ in try RistrettoPoint.fromUniformBytes(random.bytes(64)) }
    }

    @Test(arguments: [1, 2, 15, 16, 17, 33, 63, 64]) func signedSumsAgreeWithProducts(bits: Int) throws {
        var random = SeededGenerator()
        let points = try points(120, &random)
        let table = PrecomputedPoints(points)
        let range = (Int64.min >> Int64(64 - bits))...(Int64.max >> Int64(64 - bits))
        var values = (0..<100).map { _ in Int64.random(in: range, using: &random) }
        (values[0], values[1]) = (range.lowerBound, range.upperBound)
        for stretches: [PrecomputedPoints.Stretch] in [
            [], [.init(values: 0, points: 0, count: 0)], [.init(values: 0, points: 0, count: 100)],
            [.init(values: 3, points: 90, count: 30), .init(values: 0, points: 7, count: 1)],
            [.init(values: 0, points: 0, count: 2), .init(values: 0, points: 60, count: 60)],
        ] {
            let expected = stretches.flatMap { stretch in
                (0..<stretch.count).map {
                    Scalar(signed: values[stretch.values + $0]) * points[stretch.points + $0]
                }
            }
            for threads in [1, 2] {
                #expect(table.variableTimeSum(values, over: stretches, threads: threads) == .sum(expected))
            }
        }
        #expect(table.variableTimeSum([0, 0], over: [.init(values: 0, points: 0, count: 2)]).isIdentity)
    }

    @Test(arguments: [1, 2, 4, 8]) func columnsAreSummedAlike(blockCount: Int) throws {
        var random = SeededGenerator()
        let points = try points(150, &random)
        for longest in [1, 5, 18] {
            let blocks = (0..<blockCount).map { block in
                let length = block == 0 ? longest : Int.random(in: 0...longest, using: &random)
                return 18 * block..<18 * block + length
            }
            let factors = [.one] + scalars(blockCount - 1, &random)
            let kernels = [nil] + LaneKernel.available
            for (threads, kernel) in kernels.flatMap({ [(1, $0), (2, $0)] }) {
                let sums = PrecomputedPoints(points)
                    .variableTimeColumnSums(scalars: factors, blocks: blocks, threads: threads, kernel: kernel)
                #expect(sums.count == longest)
                for column in 0..<longest {
                    let terms = zip(factors, blocks).filter { column < $1.count }
                        .map { $0 * points[$1.lowerBound + column] }
                    #expect(sums[column] == .sum(terms))
                }
            }
        }
    }

    @Test func gatheredPointsAreThoseOfTheRanges() throws {
        var random = SeededGenerator()
        let points = try points(10, &random)
        let gathered = PrecomputedPoints(points).gathered([7..<10, 2..<2, 0..<3, 1..<2])
        let indices = [7, 8, 9, 0, 1, 2, 1]
        #expect(gathered.count == indices.count)
        #expect(indices.indices.allSatisfy { gathered[$0] == points[indices[$0]] })
    }
}
