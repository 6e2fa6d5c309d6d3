import SharedModel

/// How a trial trains and is judged.
///
/// Training is gentler than a run's defaults: five epochs, no extrapolation, and clipping so tight that no contributor's
/// step leaves the neighbourhood in which the slope of the loss tells what the step does to it. That is what credit by a
/// gradient needs (`Protocols/credit.md` §7 has figures for larger steps).
package struct TrialSettings: Sendable {
    package let contributors: Int
    package let rounds: Int
    package let seed: UInt64
    package let training: TrainingDefaults
    /// Every coordinate of an update is clipped to ± this.
    package let bound: Double

    package static let defaultContributors = 10
    package static let defaultRounds = 10
    package static let defaultSeed: UInt64 = 1
    package static let defaultBound = 0.1
    /// Bits per encoded coordinate.
    static let bits = 16
    /// 2^12 models a round.
    private static let mostContributors = 12
    private static let mostRounds = 100
    private static let largestBound = 1000.0

    /// - Throws: `.invalidOption` for numbers out of range.
    package init(
        contributors: Int = defaultContributors, rounds: Int = defaultRounds, seed: UInt64 = defaultSeed,
        bound: Double = defaultBound
    ) throws(BenchError) {
        guard 3...Self.mostContributors ~= contributors else {
            throw .invalidOption(
                "--contributors \(contributors): 3 to \(Self.mostContributors) are possible, for every subset of them is "
                    + "a model to be judged.")
        }
        guard 1...Self.mostRounds ~= rounds else {
            throw .invalidOption("--rounds \(rounds): 1 to \(Self.mostRounds) are possible.")
        }
        guard bound > 0, bound <= Self.largestBound else {
            throw .invalidOption("--bound \(bound): a number above 0, at most \(Self.largestBound).")
        }
        self.contributors = contributors
        self.rounds = rounds
        self.seed = seed
        var training = TrainingDefaults(for: .softmax)
        training.localEpochs = 5
        training.extrapolation = 1
        self.training = training
        self.bound = bound
    }
}
