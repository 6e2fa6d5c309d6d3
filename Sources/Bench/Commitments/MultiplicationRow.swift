import Commitments
import Ristretto255

/// What one point of a multi-scalar multiplication over the generators costs.
package struct MultiplicationRow: Sendable {
    package let points: Int
    /// Bits of the scalars.
    package let bits: Int
    package let threads: Int
    /// Microseconds per point.
    package let cost: PhaseCost

    package static let pointCounts = [64, 256, 1000, 10_000, 100_000]
    package static let bitCounts = [16, 32, 64, 128, 253]

    /// - Throws: `.checkFailed` if the sum is not the one of small parts.
    package init(points: Int, bits: Int, settings: BenchSettings) throws(BenchError) {
        var randomness = SeededRandomness(seed: settings.seed)
        let words = (bits + 63) / 64
        var scalars: [UInt64] = []
        for _ in 0..<points {
            for word in 0..<words { scalars.append(randomness.integer(bits: min(64, bits - 64 * word))) }
        }
        let generators = Generators.shared.precomputed(atLeast: points)
        var samples: [Elapsed] = []
        var result = RistrettoPoint.identity
        // Small sums are repeated: a single one is too short for the clock.
        let rounds = max(1, 4000 / points)
        for _ in 0..<settings.repeats {
            let (sum, elapsed) = timed {
                var sum = RistrettoPoint.identity
                for _ in 0..<rounds {
                    sum = RistrettoPoint.variableTimeMultiScalar(
                        words: scalars, wordsPerScalar: words, generators, threads: settings.threads)
                }
                return sum
            }
            result = sum
            samples.append(elapsed)
        }
        guard result == Self.sumOfParts(scalars, words: words, points: points) else {
            throw .checkFailed("a multi-scalar multiplication of \(points) points and \(bits) bits is wrong")
        }
        self.points = points
        self.bits = bits
        threads = settings.threads
        cost = PhaseCost(samples, reports: points * rounds)
    }

    /// The same sum from parts so small that they are multiplied by another method.
    private static func sumOfParts(_ scalars: [UInt64], words: Int, points: Int) -> RistrettoPoint {
        let all = Generators.shared.prefix(points)
        let partLength = 32
        return .sum(
            stride(from: 0, to: points, by: partLength).map { start in
                let end = min(start + partLength, points)
                return RistrettoPoint.variableTimeMultiScalar(
                    words: Array(scalars[start * words..<end * words]), wordsPerScalar: words,
                    PrecomputedPoints(Array(all[start..<end])))
            })
    }
}
