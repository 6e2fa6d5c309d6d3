import Encodings
import Foundation
import SharedModel

/// What the demo does, worked out before anything starts: who holds which rows, and the settings that all share.
struct DemoPlan: Sendable {
    /// The data set's name for people.
    let dataName: String
    /// What the file was taken for.
    let input: CSVInput
    /// Who holds which rows. Nobody but its contributor sees a slice.
    let run: TrainingRun
    /// The public settings of `run`.
    let settings: TrainingSettings.Document
    let rounds: Int

    var contributors: Int { run.slices.count }
    /// The round in which two dishonest contributors join in.
    var dishonestRound: Int { min(2, rounds) }

    /// What the command line asks for.
    struct Options: Sendable {
        var data: String?
        var csv: CSVOptions
        var label: ColumnReference
        var contributors: Int
        var rounds: Int
        var seed: UInt64
        var hiddenWidth: Int?
        var scaling: FeatureScaling?
    }

    init(_ options: Options) throws {
        let path = try options.data ?? BundledData.digitsPath()
        let layout = try Dataset.layout(of: try options.csv.table(path), label: options.label, header: options.csv.rule)
        let all = try Dataset(layout: layout)
        input = CSVInput(file: path, layout)
        if options.data != nil {
            CSVInput.tellExamples(path, layout)
            let shown = all.classNames.prefix(8).map(\.quotedForPeople).joined(separator: ", ")
            Console.error("cairn: \(all.classNames.count) classes: \(shown)\(all.classNames.count > 8 ? ", …" : "")")
        }
        let kind: ModelKind = options.hiddenWidth.map { .hiddenLayer(width: $0) } ?? .softmax
        let defaults = TrainingDefaults(for: kind)
        let shape = try ModelShape(kind: kind, inputs: all.featureCount, classes: all.classNames.count)
        // Pixels are 0 to 16, whoever wrote them. For other data the owner publishes the test rows, so bounds taken
        // from them tell nothing about a contributor.
        let pixels = try options.data == nil ? FeatureScaling(lower: 0, upper: 16) : nil
        try options.scaling?.requireUsable(features: all.featureCount)
        let bound = try UpdateBound(norm: defaults.normBound, model: shape)
        run = try TrainingRun(
            data: all, kind: kind, contributors: options.contributors, scaling: options.scaling ?? pixels,
            settings: defaults, fractionalBits: bound.fractionalBits, seed: options.seed)
        settings = TrainingSettings.Document(
            TrainingSettings(
                classes: all.classNames, featureNames: all.featureNames, scaling: run.scaling, defaults: defaults,
                bound: bound))
        rounds = options.rounds
        dataName = URL(fileURLWithPath: path).lastPathComponent
    }
}
