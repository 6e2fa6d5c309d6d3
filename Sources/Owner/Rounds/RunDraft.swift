import Contributor
import SharedModel
import TaskTypes

/// What an owner decides about a training run before its first round. Completed, it is the first model, and the settings
/// that everybody trains with.
package struct RunDraft: Sendable, Equatable {
    /// How many features rows have.
    package var features: Int
    /// What they are called, in the model's order; empty where nobody names them, and columns are taken in order.
    package var featureNames: [String] = []
    /// Names of the classes, in the model's order.
    package var classes: [String]
    /// Public bounds of the features: never statistics of anybody's private rows.
    package var scaling: FeatureScaling
    package var kind: ModelKind = .softmax
    /// Fixes the first weights of a hidden layer.
    package var seed = TrainingDefaults.seed
    /// The largest Euclidean norm of an update; the kind's default, if nil.
    package var normBound: Double?

    package init(features: Int, featureNames: [String] = [], classes: [String], scaling: FeatureScaling) {
        self.features = features
        self.featureNames = featureNames
        self.classes = classes
        self.scaling = scaling
    }

    /// What every round of the run begins from.
    package struct Start: Sendable {
        package let model: Model
        package let settings: TrainingSettings.Document
    }

    /// Makes the first model and the settings.
    ///
    /// - Throws: ``RunDraftError``.
    package func complete() throws(RunDraftError) -> Start {
        if let problem = ClassList.problem(with: classes) { throw .classes(problem) }
        let shape: ModelShape
        do throws(ModelError) {
            shape = try ModelShape(kind: kind, inputs: features, classes: classes.count)
        } catch {
            throw .model(error)
        }
        do throws(FeatureScalingError) { try scaling.requireUsable(features: features) } catch { throw .scaling(error) }
        var defaults = TrainingDefaults(for: kind)
        if let normBound { defaults.normBound = normBound }
        let model: Model
        do throws(ModelError) {
            model = try Model(initial: shape, seed: seed, featureNames: featureNames)
        } catch {
            throw .model(error)
        }
        let bound: UpdateBound
        do throws(VDAFConfigurationError) {
            bound = try UpdateBound(norm: defaults.normBound, model: shape)
        } catch {
            throw .normBound(error)
        }
        let settings = TrainingSettings(
            classes: classes, featureNames: featureNames, scaling: scaling, defaults: defaults, bound: bound)
        return Start(model: model, settings: TrainingSettings.Document(settings))
    }
}

/// Why a training run cannot begin.
package enum RunDraftError: Error, Sendable {
    /// The classes' names are not distinct, or one is none.
    case classes(String)
    /// The bounds are not those of the features.
    case scaling(FeatureScalingError)
    /// There is no such model.
    case model(ModelError)
    /// No type takes updates of this model under this bound.
    case normBound(VDAFConfigurationError)
}

extension RunDraftError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .classes(let problem): "the classes' names: \(problem). Give each class one name of its own."
        case .scaling(let error): error.description
        case .model(let error): error.description
        case .normBound(let error): "\(error)"
        }
    }
}
