import Commitments
import VDAF

/// One round of training a shared model: every contributor sends a vector of bounded norm, and the two nodes add them
/// up.
package struct TrainingCase: Sendable, Equatable {
    /// d: coordinates of an update.
    package let dimension: Int
    /// N: reports of the round.
    package let contributors: Int
    /// The largest Euclidean norm of an update.
    package let normBound: Double
    /// How updates become field elements.
    package let precision: BoundedL2Precision

    package static let defaultContributors = 100
    package static let defaultNormBound = 1.0
    private static let mostContributors = 1_000_000

    /// The dimensions that `Benchmarks/README.md` shows.
    package static let standardDimensions = [1000, 10_000, 100_000]

    /// - Throws: `.invalidOption` for parameters out of range.
    package init(
        dimension: Int, contributors: Int = defaultContributors, normBound: Double = defaultNormBound
    ) throws(BenchError) {
        let longest = BoundedL2Vector.maximalDimension
        guard 1...longest ~= dimension else {
            throw .invalidOption("--dimension \(dimension): 1 to \(longest) are possible.")
        }
        guard 1...Self.mostContributors ~= contributors else {
            throw .invalidOption("--contributors \(contributors): 1 to \(Self.mostContributors) are possible.")
        }
        self.dimension = dimension
        self.contributors = contributors
        self.normBound = normBound
        do throws(VDAFError) {
            precision = try BoundedL2Precision(normBound: normBound, dimension: dimension)
        } catch {
            throw .invalidOption("--norm-bound \(normBound) --dimension \(dimension): \(error)")
        }
    }
}
