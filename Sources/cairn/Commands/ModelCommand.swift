import ArgumentParser
import Contributor
import Owner
import SharedModel

/// `cairn model`: what the owner of a training run does with its model. One task is one round.
struct ModelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Start, advance and export a shared model.",
        discussion: """
            A round: cairn task create --model …, cairn node task add at both nodes, cairn model announce, \
            contributors run cairn contribute --data … or --update …, then cairn model step.
            """,
        subcommands: [
            ModelCreateCommand.self, ModelAnnounceCommand.self, ModelStepCommand.self, ModelExportCommand.self,
        ])
}

/// `cairn model create`: the model before the first round, and the settings that everybody trains with.
struct ModelCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a model file and a file of training settings.")

    @Option(
        help: """
            The names of the features with commas, by which the columns of everybody's rows are found; or only their \
            number, and columns are taken in the order of the file. (name:7 is one feature that is called 7.)
            """)
    var features: String
    @Option(help: "Class names with commas, in the model's order.") var classes: String
    @Option(help: "Public bounds of the features: LOWER:UPPER, or one such pair per feature with commas.")
    var scaling: String
    @Option(help: "Width of a hidden layer; none by default.") var hidden: Int?
    @Option(help: "Fixes the first weights of a hidden layer.") var seed = TrainingDefaults.seed
    @Option(help: "Largest Euclidean norm of an update; longer ones are scaled down to it.") var normBound: Double?
    @Option(help: "The model file to create.") var model: String
    @Option(help: "The file of training settings to create.") var training: String

    /// The number of features, and their names if they were given.
    private func parsedFeatures() throws -> (count: Int, names: [String]) {
        let texts = features.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed)
        if texts.count == 1 {
            switch ColumnReference(argument: texts[0]) {
            case .index(let count): return (count, [])
            case .name(let name):
                // `-2` and `2.0` are a number gone wrong rather than a name.
                guard name == texts[0], NumberText.isDecimal(name) else { return (1, [name]) }
                throw CommandFailure(
                    "--features: \(name.quotedForPeople) is no number of features",
                    advice: "Give digits, as in 64, or names; name:\(name) is one feature that is called so.")
            case .last: break
            }
        }
        return (texts.count, texts)
    }

    /// The command that makes a round's task; what only its owner knows is to be filled in.
    static func round(model: String, training: String, ownerKey: String) -> PrintedCommand {
        PrintedCommand("task", "create").option("--model", model).option("--training", training)
            .option("--owner-key", ownerKey).option("--name", "NAME")
            .option("--leader", "URL").option("--helper", "URL")
            .option("--collector-config", "FILE.pub").option("--min-batch-size", "N")
    }

    func run() throws {
        if model == training {
            throw CommandFailure.usage(
                "--model and --training name the same file", advice: "Give each a file of its own.")
        }
        // Both or none is made.
        try UserFile.requireAbsent(model, option: "--model")
        try UserFile.requireAbsent(training, option: "--training")
        let (count, names) = try parsedFeatures()
        var draft = RunDraft(
            features: count, featureNames: names,
            classes: classes.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed),
            scaling: try FeatureScaling(argument: scaling))
        draft.kind = hidden.map { .hiddenLayer(width: $0) } ?? .softmax
        draft.seed = seed
        draft.normBound = normBound
        let start = try draft.complete()
        let settings = start.settings.settings
        try UserFile.create(training, start.settings.bytes, isSecret: false)
        try UserFile.create(model, start.model.encoded(), isSecret: false)
        if names.isEmpty {
            Console.error(
                "cairn: the features have no names, so everybody's columns must be in one order; --features NAME,NAME… "
                    + "matches them by name")
        }
        Console.print(
            "\(start.model.parameters.count) parameters; updates have a norm of at most \(settings.normBound), in multiples of "
                + "2^-\(settings.fractionalBits)")
        NextStep.tell(
            "make the first round's task, with a key from `cairn keygen owner --out owner.key`",
            Self.round(model: model, training: training, ownerKey: "owner.key"))
    }
}

/// `cairn model announce`: logs the model that a round starts from.
struct ModelAnnounceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "announce", abstract: "Log the model that a round starts from.")

    @OptionGroup var task: TaskReference
    @Option(help: "The model file.") var model: String
    @Option(help: "The owner's key, which the task names.") var ownerKey: String
    @OptionGroup var network: NetworkOptions

    func run() async throws {
        let owned = try OwnedRound(try task.load(), key: try OwnerKey.read(ownerKey), transport: .speaking)
        try await owned.announce(try Model(decoding: try UserFile.read(model)))
        if let round = owned.number {
            Console.error("announced: round \(round.number) of run \(round.runName)")
        }
        NextStep.tell(
            "contributors take part",
            PrintedCommand("contribute").option("--task", owned.file.address).option("--model", model)
                .option("--training", "FILE").option("--data", "FILE").option("--label-column", "COLUMN"))
    }
}

/// `cairn model step`: ends a round.
struct ModelStepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step",
        abstract: "Collect a round's sum, check it against the log, and log the next model.")

    @OptionGroup var task: TaskReference
    @Option(help: "The model file that the round started from.") var model: String
    @Option(help: "The run's training settings.") var training: String
    @Option(help: "The owner's key, which the task names.") var ownerKey: String
    @Option(help: "The collector's private key (cairn keygen hpke).") var hpkeKey: String
    @Option(help: "File with the bearer token that the leader expects.") var token: String
    @Option(name: .customLong("out"), help: "The file for the next model.") var output: String
    @OptionGroup var network: NetworkOptions

    func run() async throws {
        try UserFile.requireAbsent(output)
        let file = try task.load()
        let document = try TrainingSettings.Document(try UserFile.read(training), name: training)
        guard document.isNamed(by: file.configuration.cairn?.termsHash) else {
            throw CommandFailure("\(training) does not hold the settings that the task names")
        }
        let collector = try Collector(
            task: file, keyPair: try CollectorKey.readPrivate(hpkeKey), token: try TokenFile.read(token),
            transport: .speaking)
        let owned = try OwnedRound(file, key: try OwnerKey.read(ownerKey), transport: .speaking)
        let next = try await owned.step(from: try Model(decoding: try UserFile.read(model)), collector: collector)
        try UserFile.create(output, next.encoded(), isSecret: false)
        UserFile.announce(output)
        guard let round = owned.number, round.number < .max else { return }
        Console.error("logged: what came of round \(round.number) of run \(round.runName)")
        NextStep.tell(
            "the next round",
            ModelCreateCommand.round(model: output, training: training, ownerKey: ownerKey)
                .option("--run", round.runName).option("--round", "\(round.number + 1)"))
    }
}
