import Foundation
import SharedModel

/// What the demo does, worked out before anything starts: who holds which rows, and the settings that all share.
struct DemoPlan: Sendable {
    /// The data set's name for people.
    let dataName: String
    /// One slice of the training rows per contributor, scaled. Nobody but its contributor sees a slice.
    let slices: [Dataset]
    /// All training rows in one place, for the yardstick only.
    let pooled: Dataset
    /// Rows that nobody trains on.
    let test: Dataset
    let defaults: TrainingDefaults
    let settings: TrainingSettings.Document
    let initialModel: Model
    let rounds: Int
    let seed: UInt64

    var contributors: Int { slices.count }
    /// The round in which two dishonest contributors join in.
    var dishonestRound: Int { min(2, rounds) }

    /// What the command line asks for.
    struct Options: Sendable {
        var data: String?
        var label: LabelColumn
        var contributors: Int
        var rounds: Int
        var seed: UInt64
        var hiddenWidth: Int?
        var scaling: FeatureScaling?
    }

    init(_ options: Options) throws {
        let path = try options.data ?? BundledData.digitsPath()
        let all = try Dataset(csv: try CSVTable(path: path), label: options.label)
        let (training, test) = try all.stratifiedSplit(testFraction: TrainingDefaults.testFraction, seed: options.seed)
        // Pixels are 0 to 16, whoever wrote them. For other data the owner publishes the test rows, so bounds taken
        // from them tell nothing about a contributor.
        let scaling =
            try options.scaling
            ?? (options.data == nil ? FeatureScaling(lower: 0, upper: 16) : FeatureScaling.fitted(toPublicRows: test))
        let kind: ModelKind = options.hiddenWidth.map { .hiddenLayer(width: $0) } ?? .softmax
        defaults = TrainingDefaults(for: kind)
        let shape = try ModelShape(kind: kind, inputs: all.featureCount, classes: all.classNames.count)
        initialModel = Model(initial: shape, seed: options.seed)
        settings = try TrainingSettings.Document(
            TrainingSettings(classes: all.classNames, scaling: scaling, defaults: defaults))
        pooled = try scaling.applied(to: training)
        self.test = try scaling.applied(to: test)
        slices = try pooled.slices(contributors: options.contributors, order: .shuffled(seed: options.seed))
        rounds = options.rounds
        seed = options.seed
        dataName = URL(fileURLWithPath: path).lastPathComponent
    }
}
