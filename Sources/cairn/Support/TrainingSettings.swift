import Contributor
import Crypto
import Encodings
import Foundation
import InputFiles
import Ledger
import SharedModel
import Tasks

/// The public settings under which every contributor of a training run works on its own rows.
///
/// A JSON file whose SHA-256 is the task's `terms_hash`, so that a contributor knows that all train alike. Class names
/// and scaling bounds are settings like the rest: never statistics of anybody's private rows.
struct TrainingSettings: Codable, Sendable, Equatable {
    /// Class names in the order of the model's outputs.
    var classes: [String]
    /// What the features are called, in the model's order; nil where nobody named them. Columns are matched by them.
    var featureNames: [String]?
    /// `LOWER:UPPER`, or one such pair per feature.
    var scaling: String
    var localEpochs: Int
    var batchSize: Int
    var learningRate: Double
    var weightDecay: Double
    /// Factor on every contributor's change.
    var extrapolation: Double
    /// The largest Euclidean norm of an update.
    var normBound: Double
    /// Coordinates of an update are rounded to multiples of 2^-fractionalBits.
    var fractionalBits: UInt8
    var cairnTraining = Self.version

    private static let version = 3
    /// Version 2 had no names of features, and is otherwise the same.
    private static let readVersions = 2...3

    /// - Parameter featureNames: Empty where the features have none.
    init(
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
    private struct Version: Decodable {
        let cairnTraining: Int
    }

    /// The settings with the exact bytes of their file, which is what the task's `terms_hash` is the hash of.
    struct Document: Sendable {
        let settings: TrainingSettings
        let bytes: [UInt8]

        /// - Parameter name: The file's name, for messages.
        init(_ bytes: [UInt8], name: String) throws {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            do {
                let text = Data(try InputFile.text(of: bytes, named: name).utf8)
                let version = try decoder.decode(Version.self, from: text).cairnTraining
                guard TrainingSettings.readVersions.contains(version) else {
                    throw CommandFailure(
                        "\(name) has version \(version); this program reads versions 2 and 3",
                        advice: "Make the run's settings anew with `cairn model create`.")
                }
                settings = try decoder.decode(TrainingSettings.self, from: text)
            } catch let failure as CommandFailure {
                throw failure
            } catch let error as InputFileError {
                throw CommandFailure(error.sentence, advice: error.advice)
            } catch let error as DecodingError {
                throw CommandFailure(
                    "\(name) is not a file of training settings: \(Self.words(for: error))",
                    advice: "Get it from the task's owner, or make it with `cairn model create`.")
            }
            if let problem = settings.problem { throw CommandFailure("\(name): \(problem)") }
            self.bytes = bytes
        }

        init(_ settings: TrainingSettings) throws {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            self.settings = settings
            bytes = Array(try encoder.encode(settings)) + [UInt8(ascii: "\n")]
        }

        private static func words(for error: DecodingError) -> String {
            let snake: (any CodingKey) -> String = { key in
                key.stringValue.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : String($1) }
            }
            switch error {
            case .keyNotFound(let key, _): return "it lacks \(snake(key).quotedForPeople)"
            case .typeMismatch(_, let context), .valueNotFound(_, let context):
                let key = context.codingPath.first.map(snake) ?? "it"
                return "\(key.quotedForPeople) is of another kind"
            default: return "it is not JSON of the right form"
            }
        }

        var hash: [UInt8] { Array(SHA256.hash(data: bytes)) }

        /// Whether a task's `terms_hash` is that of this file, or of what it was before a mail program or an editor changed
        /// the ends of its lines or of the file: the settings are the same.
        func isNamed(by termsHash: [UInt8]?) -> Bool {
            if termsHash == hash { return true }
            guard let text = try? InputFile.text(of: bytes, named: "") else { return false }
            let lines = text.reversed().drop(while: \.isNewline).reversed()
            return [text, String(lines), String(lines) + "\n"].contains {
                termsHash == Array(SHA256.hash(data: Data($0.utf8)))
            }
        }
    }

    func featureScaling() throws -> FeatureScaling { try FeatureScaling(argument: scaling) }

    /// Why nobody can train with these settings; nil if one can.
    private var problem: String? {
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
    func requireFit(_ model: Model, name: String) throws {
        guard classes.count == model.classes else {
            throw CommandFailure("\(name) names \(classes.count) classes, and the model has \(model.classes)")
        }
        guard model.featureNames == featureNames ?? [] else {
            throw CommandFailure(
                "\(name) and the model name different features", advice: "Use the two files that were created together."
            )
        }
        let bounds = try featureScaling().lower.count
        guard bounds == 1 || bounds == model.inputs else {
            throw FeatureScalingError.featureCountMismatch(bounds: bounds, features: model.inputs)
        }
    }

    func trainer(seed: UInt64) -> LocalTrainer {
        LocalTrainer(
            epochs: localEpochs, batchSize: batchSize, learningRate: learningRate, weightDecay: weightDecay,
            extrapolation: extrapolation, seed: seed)
    }
}

extension TaskDraft {
    /// Makes the task one training round: committed updates of bounded norm, bound to the round's model and settings.
    mutating func setRound(
        _ round: TrainingRound, model: Model, settings document: TrainingSettings.Document
    ) throws {
        let settings = document.settings
        try settings.requireFit(model, name: "the file of training settings")
        vdaf = .committed(
            try .boundedL2(
                dimension: UInt32(model.parameters.count), normBound: settings.normBound,
                fractionalBits: settings.fractionalBits))
        taskInfo = round.taskInfo
        modelHash = Blob.hash(model.encoded())
        termsHash = document.hash
    }
}
