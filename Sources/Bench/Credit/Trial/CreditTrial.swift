import DAP
import SharedModel

/// Does a credit policy rank contributors as exact Shapley values do?
///
/// A softmax classifier is trained in rounds by contributors who differ as the scenario says. Every round, each policy's
/// credit of each contributor is computed, and each contributor's exact Shapley value in the game whose players are the
/// round's contributors, and in which a subset's value is minus the loss, on validation rows, of the model that the
/// average of its updates makes. Both are added up over the rounds.
///
/// Rows are for training, for validation (which credit and Shapley values see), or for the test (which nothing sees but
/// the accuracy and a second set of Shapley values).
package struct CreditTrial: Sendable {
    private let settings: TrialSettings
    private let training: Dataset
    private let validation: Dataset
    private let test: Dataset
    private let encoding: UpdateEncoding
    private let initialModel: Model

    /// - Parameter data: unscaled rows; the features are scaled by the bounds of the test rows, which are public.
    package init(data: Dataset, settings: TrialSettings) throws {
        self.settings = settings
        let (rest, test) = try data.stratifiedSplit(testFraction: 0.2, seed: settings.seed)
        let (training, validation) = try rest.stratifiedSplit(testFraction: 0.2, seed: settings.seed &+ 1)
        let scaling = try FeatureScaling.fitted(toPublicRows: test)
        self.training = try scaling.applied(to: training)
        self.validation = try scaling.applied(to: validation)
        self.test = try scaling.applied(to: test)
        encoding = try UpdateEncoding(bound: settings.bound, bits: TrialSettings.bits)
        initialModel = Model(
            initial: try ModelShape(kind: .softmax, inputs: data.featureCount, classes: data.classNames.count),
            seed: settings.seed)
    }

    /// How the rows are divided, for people.
    package var rowCounts: String {
        "\(training.count) training, \(validation.count) validation and \(test.count) test rows"
    }

    /// Trains, and scores everybody by every policy.
    package func run(_ scenario: TrialScenario) throws -> TrialResult {
        let number = UInt64(TrialScenario.allCases.firstIndex(of: scenario) ?? 0)
        var random = TrainingRandom(seed: TrainingRandom.seed(settings.seed, number))
        let dealt = try scenario.members(dealing: training, to: settings.contributors, random: &random)
        let scores = try TrialScores(encoding: encoding, prices: try initialModel.lossGradient(on: validation))
        var result = TrialResult(scenario: scenario, contributors: settings.contributors, weakest: dealt.weakest)
        var model = initialModel
        var lastStep = [Double](repeating: 0, count: model.parameters.count)
        for round in 0..<settings.rounds {
            let updates = try dealt.members.enumerated().map { index, member in
                try encoding.encode(
                    update(of: member, number: index, round: round, model: model, lastStep: lastStep, &random))
            }
            let gradient = try model.lossGradient(on: validation)
            let sums = Self.sum(updates, of: (1 << updates.count) - 1)
            for policy in TrialResult.policies {
                result.add(
                    try scores.credits(policy, updates: updates, sums: sums, gradient: gradient), for: policy)
            }
            let values = try subsetValues(updates, model)
            result.add(shapley: ShapleyValues.exact(values.validation), onTest: ShapleyValues.exact(values.test))
            lastStep = try encoding.decodeAverage(sums, contributors: updates.count)
            model = try model.applying(lastStep)
        }
        result.improvement =
            try initialModel.meanLoss(on: validation) - model.meanLoss(on: validation)
        result.accuracy = try model.accuracy(on: test)
        return result
    }

    private func update(
        of member: TrialMember, number: Int, round: Int, model: Model, lastStep: [Double],
        _ random: inout TrainingRandom
    ) throws -> [Double] {
        switch member {
        case .trains(let rows):
            return try settings.training.trainer(seed: settings.seed, round: round, contributor: number)
                .train(model, on: rows)
        case .rides(.zero):
            return lastStep.map { _ in 0 }
        case .rides(.random):
            let size = (lastStep.reduce(0) { $0 + $1 * $1 } / Double(lastStep.count)).squareRoot()
            return lastStep.map { _ in (2 * random.unitInterval() - 1) * (3.0.squareRoot() * max(size, 0.1)) }
        case .rides(.stale):
            return lastStep
        }
    }

    /// Minus the loss of the model that each subset of updates makes, at the index whose bits name its members.
    private func subsetValues(
        _ updates: [[UInt64]], _ model: Model
    ) throws -> (validation: [Double], test: [Double]) {
        var (validationValues, testValues): ([Double], [Double]) = ([], [])
        for subset in 0..<1 << updates.count {
            let candidate =
                subset == 0
                ? model
                : try model.applying(
                    encoding.decodeAverage(Self.sum(updates, of: subset), contributors: subset.nonzeroBitCount))
            validationValues.append(-(try candidate.meanLoss(on: validation)))
            testValues.append(-(try candidate.meanLoss(on: test)))
        }
        return (validationValues, testValues)
    }

    private static func sum(_ updates: [[UInt64]], of subset: Int) -> [UInt128] {
        var sums = [UInt128](repeating: 0, count: updates[0].count)
        for (index, update) in updates.enumerated() where subset & 1 << index != 0 {
            for (coordinate, value) in update.enumerated() { sums[coordinate] += UInt128(value) }
        }
        return sums
    }
}
