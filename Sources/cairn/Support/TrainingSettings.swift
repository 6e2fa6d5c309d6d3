import Contributor
import Crypto
import DAP
import Foundation
import Ledger
import SharedModel

/// The public settings under which every contributor of a training run works on its own rows.
///
/// A JSON file whose SHA-256 is the task's `terms_hash`, so that a contributor knows that all train alike. Class names
/// and scaling bounds are settings like the rest: never statistics of anybody's private rows.
struct TrainingSettings: Codable, Sendable, Equatable {
    /// Class names in the order of the model's outputs.
    var classes: [String]
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

    private static let version = 2

    init(classes: [String], scaling: FeatureScaling, defaults: TrainingDefaults, bound: UpdateBound) {
        self.classes = classes
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
                let version = try decoder.decode(Version.self, from: Data(bytes)).cairnTraining
                guard version == TrainingSettings.version else {
                    throw CommandFailure(
                        "\(name) has version \(version); this program reads version \(TrainingSettings.version)",
                        advice: "Make the run's settings anew with `cairn model create`.")
                }
                settings = try decoder.decode(TrainingSettings.self, from: Data(bytes))
            } catch let failure as CommandFailure {
                throw failure
            } catch {
                throw CommandFailure("\(name) is not a file of training settings: \(error)")
            }
            self.bytes = bytes
        }

        init(_ settings: TrainingSettings) throws {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            self.settings = settings
            bytes = Array(try encoder.encode(settings)) + [UInt8(ascii: "\n")]
        }

        var hash: [UInt8] { Array(SHA256.hash(data: bytes)) }
    }

    func featureScaling() throws -> FeatureScaling { try FeatureScaling(argument: scaling) }

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
        vdaf = .committed(
            try .boundedL2(
                dimension: UInt32(model.parameters.count), normBound: settings.normBound,
                fractionalBits: settings.fractionalBits))
        taskInfo = round.taskInfo
        modelHash = Blob.hash(model.encoded())
        termsHash = document.hash
    }
}
