import Ristretto255

/// The generators of an argument as its rounds fold them, for the prover.
///
/// In each round the prover needs two sums with its current vector v: the lower part of v over the upper generators,
/// and the upper part of v over the lower ones. Folding the generators first, as the protocol is written down, costs a
/// scalar multiplication for each of them. So they are left alone for a few rounds, in which the sums run over the
/// generators of the beginning with products of challenges as scalars: one large multi-scalar multiplication, at half
/// the price a point. Then all those rounds are folded at once (`variableTimeColumnSums`).
///
/// The vector of the first rounds is made of few short integers. While that is cheaper, its sums come from sums of
/// integers, one for each ratio of challenges that a product of two stretches gets.
///
/// Everything here runs in variable time.
struct FoldingGenerators {
    /// The generators since the last fold.
    private var points: PrecomputedPoints
    private var halving: Halving
    /// The challenges since then, and their inverses.
    private var challenges: [Scalar] = []
    private var inverses: [Scalar] = []
    /// The vector that belongs to `points`, where it is one of integers.
    private var integers: [Int64]?
    private var integerBits = 0
    private let threads: Int

    /// Below this length folding costs more than it saves.
    private static let smallestFold = 48
    private static let roundsPerFold = 3
    /// The width at which integers cost as much as scalars: in lanes, which sums of integers do not use, about 40 bits
    /// with eight and 80 with four.
    private static let costlyBits = LaneKernel.best.map { 320 / $0.lanes } ?? 253

    /// - Precondition: there are at least as many points as integers, and an integer.
    init(_ points: PrecomputedPoints, integers: [Int64], threads: Int) {
        self.points = points
        halving = Halving(integers.count)
        self.integers = integers
        integerBits = 64 - integers.reduce(UInt64(0)) { $0 | $1.magnitude }.leadingZeroBitCount
        self.threads = threads
    }

    private var length: Int { halving.lengths[challenges.count] }

    /// (Σ lower value · upper generator, Σ upper value · lower generator).
    ///
    /// - Precondition: as many values as generators, and more than one.
    mutating func crossTerms(_ values: [Scalar]) -> (left: RistrettoPoint, right: RistrettoPoint) {
        precondition(values.count == length && length > 1, "values must match the generators")
        if let integers, integerBits << challenges.count <= Self.costlyBits {
            return crossTerms(integers: integers)
        }
        let half = halving.lengths[challenges.count + 1]
        let factors = Halving.blockFactors(inverses)
        var (left, right) = (Gathering(), Gathering())
        for (block, factor) in zip(halving.blocks(after: challenges.count), factors) {
            let middle = min(block.lowerBound + half, block.upperBound)
            left.add(middle..<block.upperBound, factor, values[..<(block.upperBound - middle)])
            let upper = min(middle - block.lowerBound, values.count - half)
            right.add(block.lowerBound..<block.lowerBound + upper, factor, values[half..<half + upper])
        }
        return (left.sum(points, threads: threads), right.sum(points, threads: threads))
    }

    /// Scalars and the ranges of points that they belong to.
    private struct Gathering {
        var ranges: [Range<Int>] = []
        var scalars: [Scalar] = []

        mutating func add(_ range: Range<Int>, _ factor: Scalar, _ values: ArraySlice<Scalar>) {
            ranges.append(range)
            scalars += Scalar.products(factor, values)
        }

        func sum(_ points: PrecomputedPoints, threads: Int) -> RistrettoPoint {
            .variableTimeMultiScalar(scalars, points.gathered(ranges), threads: threads)
        }
    }

    /// The same from the integers, whose stretch u has the factor Π c_i^(u_i) where the generators' has Π c_i^(-u_i).
    private func crossTerms(integers: [Int64]) -> (left: RistrettoPoint, right: RistrettoPoint) {
        let half = halving.lengths[challenges.count + 1]
        let blocks = halving.blocks(after: challenges.count)
        let (vectorFactors, generatorFactors) = (Halving.blockFactors(challenges), Halving.blockFactors(inverses))
        var groups = [Exponents: (left: [PrecomputedPoints.Stretch], right: [PrecomputedPoints.Stretch])]()
        for (v, vectorBlock) in blocks.enumerated() {
            for (g, generatorBlock) in blocks.enumerated() {
                let exponents = Exponents(positive: v & ~g, negative: g & ~v)
                let values = Self.parts(vectorBlock, half: half)
                let generators = Self.parts(generatorBlock, half: half)
                groups[exponents, default: ([], [])].left.append(
                    .init(
                        values: values.lower.lowerBound, points: generators.upper.lowerBound,
                        count: min(values.lower.count, generators.upper.count)))
                groups[exponents, default: ([], [])].right.append(
                    .init(
                        values: values.upper.lowerBound, points: generators.lower.lowerBound,
                        count: min(values.upper.count, generators.lower.count)))
            }
        }
        var (factors, left, right): ([Scalar], [RistrettoPoint], [RistrettoPoint]) = ([], [], [])
        for (exponents, stretches) in groups {
            factors.append(vectorFactors[exponents.positive] * generatorFactors[exponents.negative])
            left.append(points.variableTimeSum(integers, over: stretches.left, threads: threads))
            right.append(points.variableTimeSum(integers, over: stretches.right, threads: threads))
        }
        return (.variableTimeMultiScalar(factors, left), .variableTimeMultiScalar(factors, right))
    }

    /// The challenges whose ratio stands before a sum, as bits in the order of `Halving.blocks`.
    private struct Exponents: Hashable {
        var positive: Int
        var negative: Int
    }

    private static func parts(_ block: Range<Int>, half: Int) -> (lower: Range<Int>, upper: Range<Int>) {
        let middle = min(block.lowerBound + half, block.upperBound)
        return (block.lowerBound..<middle, middle..<block.upperBound)
    }

    /// lower + challenge⁻¹ · upper.
    mutating func fold(_ challenge: Scalar, inverse: Scalar) {
        challenges.append(challenge)
        inverses.append(inverse)
        if challenges.count == Self.roundsPerFold, halving.lengths[0] >= Self.smallestFold {
            points = points.variableTimeColumnSums(
                scalars: Halving.blockFactors(inverses), blocks: halving.blocks(after: challenges.count),
                threads: threads)
            halving = Halving(points.count)
            (challenges, inverses, integers) = ([], [], nil)
        }
    }

    /// The last generator.
    ///
    /// - Precondition: one is left.
    var last: RistrettoPoint {
        precondition(length == 1, "there are more generators")
        return .variableTimeMultiScalar(halving.expand(inverses), points)
    }
}
