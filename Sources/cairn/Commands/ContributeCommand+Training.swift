import SharedModel
import Tasks
import Wallet

// `contribute --data`: an update that is trained here. (The command is in `ContributeCommand.swift`.)

extension ContributeCommand {
    /// Trains on the rows and clips the change.
    func trainedUpdate(_ file: TaskFile) throws -> ([Double], CSVInput) {
        guard let data, let labelColumn, let model, let training else {
            throw CommandFailure.usage("--data, --label-column, --model and --training go together")
        }
        let parameters = file.configuration.cairn
        let start = try Model(file: model, hash: parameters?.modelHash)
        let document = try TrainingSettings.Document(try UserFile.read(training), name: training)
        guard document.isNamed(by: parameters?.termsHash) else {
            throw CommandFailure(
                "\(training) does not hold the settings that the task names", advice: "Get them from the task's owner.")
        }
        let settings = document.settings
        try settings.requireFit(start, name: training)
        let expected = ExpectedExamples(
            classes: settings.classes, featureCount: start.inputs, featureNames: start.featureNames)
        let layout = try Dataset.layout(
            of: try csvOptions.table(data), label: ColumnReference(argument: labelColumn), header: csvOptions.rule,
            expected: expected)
        let rows = try Dataset(layout: layout, expected)
        CSVInput.tellExamples(data, layout)
        if start.featureNames.isEmpty || layout.firstLine != .columnNames {
            Console.error(
                "cairn: \(data): the \(start.inputs) other columns are the model's features in the order of the file")
        }
        let scaling = try settings.featureScaling()
        if let words = Self.words(outside: scaling, rows) { Console.error("cairn: \(data): \(words)") }
        let trainer = settings.trainer(seed: .random(in: .min ... .max))
        let update = try trainer.train(start, on: try scaling.applied(to: rows))
        let clipped = try UpdateBound(task: file).clipped(update)
        if clipped.isScaled { Console.error("cairn: \(clipped)") }
        return (clipped.update, CSVInput(file: data, layout))
    }

    /// What training will not see of the rows; nil if nothing.
    private static func words(outside scaling: FeatureScaling, _ rows: Dataset) -> String? {
        let counts = scaling.countsOutside(in: rows)
        guard let most = counts.indices.max(by: { counts[$0] < counts[$1] }), counts[most] > 0 else { return nil }
        let bounds = scaling.lower.count == 1 ? 0 : most
        let name =
            rows.featureNames.indices.contains(most)
            ? rows.featureNames[most].quotedForPeople : "feature \(most + 1)"
        let others = counts.count { $0 > 0 } - 1
        return
            "\(counts[most]) of \(rows.count) values of \(name) are outside the run's bounds, \(scaling.lower[bounds]) "
            + "to \(scaling.upper[bounds]), and count as the nearer bound"
            + (others > 0 ? "; so do values of \(others) other feature\(others == 1 ? "" : "s")" : "")
            + (counts[most] * 2 > rows.count ? ". Is the unit the one that the run's owner means?" : "")
    }

    /// In a round of training each counts once, as a rule: whoever runs the command twice is told.
    func tellOfEarlierUpdates(_ file: TaskFile, _ wallet: ContributorWallet) throws {
        guard file.configuration.trainingRound != nil else { return }
        let count = try wallet.contents().reports.count { $0.taskID == file.taskID && $1.state == .stored }
        guard count > 0 else { return }
        let withdraw = PrintedCommand("withdraw").option("--task", task.name).option("--report", "ID")
        Console.error(
            "cairn: \(count) update\(count == 1 ? "" : "s") of yours \(count == 1 ? "is" : "are") in this round already, and "
                + "this one counts as well. To take one back: \(withdraw.text)")
    }
}
