import Encodings
import Foundation

/// The public settings under which every contributor of a training run works on its own rows.
///
/// A JSON file whose SHA-256 is the task's `terms_hash`, so that a contributor knows that all train alike. Class names
/// and scaling bounds are settings like the rest: never statistics of anybody's private rows.
package struct TrainingSettings: Codable, Sendable, Equatable {
    /// Class names in the order of the model's outputs.
    package var classes: [String]
    /// What the features are called, in the model's order; nil where nobody named them. Columns are matched by them.
    package var featureNames: [String]?
    /// `LOWER:UPPER`, or one such pair per feature.
    package var scaling: String
    package var localEpochs: Int
    package var batchSize: Int
    package var learningRate: Double
    package var weightDecay: Double
    /// Factor on every contributor's change.
    package var extrapolation: Double
    /// The largest Euclidean norm of an update.
    package var normBound: Double
    /// Coordinates of an update are rounded to multiples of 2^-fractionalBits.
    package var fractionalBits: UInt8
    package private(set) var cairnTraining = Self.version

    private static let version = 3
    /// Version 2 had no names of features, and is otherwise the same.
    static let readVersions = 2...3

    /// - Parameter featureNames: Empty where the features have none.
    package init(
        classes: [String], featureNames: [String], scaling: FeatureScaling, defaults: TrainingDefaults,
        bound: UpdateBound
    ) {
        self.classes = classes
        self.featureNames = featureNames.isEmpty ? nil : featureNames
        self.scaling = scaling.description
        localEpochs = defaults.localEpochs
        batchSize = defaults.batchSize
        learningRate = defaults.learningRate
        weightDecay = defaults.weightDecay
        extrapolation = defaults.extrapolation
        normBound = defaults.normBound
        fractionalBits = UInt8(bound.fractionalBits)
    }

    /// What every version of the file has.
    struct Version: Decodable {
        let cairnTraining: Int
    }

    package func featureScaling() throws(FeatureScalingError) -> FeatureScaling {
        try FeatureScaling(argument: scaling)
    }

    /// Why nobody can train with these settings; nil if one can.
    var problem: String? {
        if let problem = ClassList.problem(with: classes) { return problem }
        if let names = featureNames {
            guard !names.isEmpty else { return "the list of the features' names is empty" }
            if let problem = FeatureNames.problem(with: names, count: names.count) { return problem }
        }
        do throws(FeatureScalingError) {
            _ = try FeatureScaling(argument: scaling)
        } catch {
            return error.description
        }
        return nil
    }

    /// Refuses a model that these settings are not about.
    ///
    /// - Parameters:
    ///   - name: The name of the settings' file, for messages.
    ///   - model: The model that a round starts from.
    /// - Throws: `.classCount`, `.otherFeatures`, `.scaling`.
    package func requireFit(_ model: Model, name: String) throws(TrainingSettingsError) {
        guard classes.count == model.classes else {
            throw .classCount(file: name, found: classes.count, model: model.classes)
        }
        guard model.featureNames == featureNames ?? [] else { throw .otherFeatures(file: name) }
        do throws(FeatureScalingError) {
            let bounds = try featureScaling().lower.count
            guard bounds == 1 || bounds == model.inputs else {
                throw .featureCountMismatch(bounds: bounds, features: model.inputs)
            }
        } catch {
            throw .scaling(error)
        }
    }

    /// Whoever trains with these settings.
    package func trainer(seed: UInt64) -> LocalTrainer {
        LocalTrainer(
            epochs: localEpochs, batchSize: batchSize, learningRate: learningRate, weightDecay: weightDecay,
            extrapolation: extrapolation, seed: seed)
    }
}
