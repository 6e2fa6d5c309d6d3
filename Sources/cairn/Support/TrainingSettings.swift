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
    /// Every coordinate of an update is clipped to [-bound, bound].
    var bound: Double
    /// Bits per encoded coordinate.
    var bits: Int
    var cairnTraining = 1

    init(classes: [String], scaling: FeatureScaling, defaults: TrainingDefaults) {
        self.classes = classes
        self.scaling = scaling.description
        localEpochs = defaults.localEpochs
        batchSize = defaults.batchSize
        learningRate = defaults.learningRate
        weightDecay = defaults.weightDecay
        extrapolation = defaults.extrapolation
        bound = defaults.bound
        bits = defaults.bits
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
                settings = try decoder.decode(TrainingSettings.self, from: Data(bytes))
            } catch {
                throw CommandFailure("\(name) is not a file of training settings: \(error)")
            }
            guard settings.cairnTraining == 1 else {
                throw CommandFailure("\(name) has version \(settings.cairnTraining); this program reads version 1")
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

    func encoding() throws -> UpdateEncoding { try UpdateEncoding(bound: bound, bits: bits) }

    func trainer(seed: UInt64) -> LocalTrainer {
        LocalTrainer(
            epochs: localEpochs, batchSize: batchSize, learningRate: learningRate, weightDecay: weightDecay,
            extrapolation: extrapolation, seed: seed)
    }
}

extension TaskDraft {
    /// Makes the task one training round: a committed vector of encoded updates, bound to its model and settings.
    mutating func setRound(
        _ round: TrainingRound, model: Model, settings document: TrainingSettings.Document
    ) throws {
        let encoding = try document.settings.encoding()
        let length = model.parameters.count
        let elements = length * encoding.bits
        guard elements <= VDAFConfiguration.maximumElements else {
            throw CommandFailure(
                "\(length) parameters × \(encoding.bits) bits = \(elements) field elements, and a report has at most "
                    + "\(VDAFConfiguration.maximumElements)",
                advice: "Take a smaller model or fewer bits.")
        }
        vdaf = .committed(
            .sumVec(
                length: UInt32(length), maxMeasurement: encoding.maximum,
                chunkLength: VDAFConfiguration.recommendedChunkLength(elements: elements)))
        taskInfo = round.taskInfo
        numericEncoding = NumericEncoding(bits: UInt8(encoding.bits), bound: encoding.bound)
        modelHash = Blob.hash(model.encoded())
        termsHash = document.hash
    }
}
