import ArgumentParser
import Contributor
import Credit
import Crypto
import DAP
import Encodings
import Ledger
import Owner
import SharedModel
import Tasks

/// `cairn task create`: asks the nodes for their keys, checks that no sum can overflow, writes the task file.
struct TaskCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create a task file.",
        discussion: """
            Both nodes must be running: their keys become part of the task. The file is public; hand it to both \
            operators (cairn node task add) and to the contributors (cairn contribute --task). Parameters whose sums \
            could overflow, or whose commitments would not hide a report, are refused with the arithmetic.

            --uncommitted --plain makes a task of nothing but DAP-18, in which any DAP-18 aggregator can take part. No node \
            is asked for its keys. Such a task has no receipts, promises, withdrawals, credit or public check: its \
            contributors' inputs stay private and invalid ones are refused, no more. Its id does not name the collector's \
            key, so both operators have to take the file from somebody whom they trust.
            """)

    enum Commitment: String, EnumerableFlag {
        case committed, uncommitted
    }

    enum Publish: String, ExpressibleByArgument, CaseIterable {
        case `public`, collector
    }

    enum CreditKind: String, ExpressibleByArgument, CaseIterable {
        case none, unit, priced, alignment, validation
    }

    @Option(help: "Name of the task and its file: letters, digits, '-', '_', '.'.") var name: String
    @Option(help: "The leader's URL.") var leader: String
    @Option(help: "The helper's URL.") var helper: String
    @Option(help: "The collector's public key: FILE.pub of `cairn keygen hpke`.") var collectorConfig: String
    @OptionGroup var type: VDAFOptions
    @Flag(help: "Whether every report's commitments are logged, so that anyone can check the result.")
    var commitment: Commitment = .committed
    @Flag(help: "With --uncommitted: a task of nothing but DAP, without Cairn's own parameters and promises.")
    var plain = false
    @Option(help: "time-interval or leader-selected.") var batchMode = BatchMode.timeInterval
    @Option(help: "Seconds in a unit of report times.") var timePrecision: UInt64 = 3600
    @Option(
        help: """
            For how many seconds the public log lets reports wait, so that it does not tell when each came: as long as \
            --time-precision by default (5 s for training rounds), at most 604800; 0 for no wait.
            """)
    var logWindow: UInt32?
    @Option(help: "A result needs at least so many reports.") var minBatchSize: UInt64
    @Option(help: "A batch holds at most so many reports; bounds the sums. Plain tasks have no such limit.")
    var maxBatchSize: UInt64?
    @Option(help: "When reports may first be made: seconds or RFC 3339.") var start: TimeArgument?
    @Option(help: "For how many seconds from --start.") var duration: UInt64?
    @Option(help: "Who sees aggregate shares of a committed task: public or collector.") var publish: Publish = .public
    @Option(
        help: """
            What a contribution earns: unit (one each), priced (--lambda, so much per unit of each coordinate), alignment \
            (with the published result), validation (--lambda, hidden until the batch is closed), none.
            """)
    var creditPolicy: CreditKind = .unit
    @Option(help: "A JSON array with λ, one integer for each coordinate. NAME.lambda is written for who verifies.")
    var lambda: String?
    @Option(help: "Largest |λ_k| that the task allows; what λ needs, or the batch may reach, by default.")
    var lambdaBound: UInt64?
    @Option(help: "Key of the task's owner, who signs the task, rounds, models and payouts (cairn keygen owner).")
    var ownerKey: String?
    @Option(help: "A log policy file, where other witnesses than the helper are wanted.") var policy: String?
    @Option(help: "A model file: the task is one training round that starts from it.") var model: String?
    @Option(help: "The training settings that go with --model.") var training: String?
    @Option(help: "The training run, 32 hexadecimal digits; a new one by default.") var run: String?
    @Option(help: "The number of the round in its run.") var round: UInt32 = 1
    @OptionGroup var weak: WeakPromises
    @Option(name: .customLong("out"), help: "Folder for NAME.task and NAME.policy.") var folder = "."
    @OptionGroup var network: NetworkOptions
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        if (start == nil) != (duration == nil) { throw ValidationError("--start and --duration go together.") }
        if duration == 0 { throw ValidationError("--duration must be at least 1 second.") }
        if let logWindow, logWindow > LogWindow.longest {
            throw ValidationError("--log-window is at most \(LogWindow.longest) seconds.")
        }
        if timePrecision == 0 { throw ValidationError("--time-precision must be at least 1 second.") }
        if minBatchSize == 0 { throw ValidationError("--min-batch-size must be at least 1.") }
        try checkPlain()
        if let maxBatchSize, maxBatchSize < minBatchSize {
            throw ValidationError("--max-batch-size is below --min-batch-size.")
        }
        if (model == nil) == (type.vdaf == nil) { throw ValidationError("Give either --vdaf or --model.") }
        if (model == nil) != (training == nil) { throw ValidationError("--model and --training go together.") }
        if model == nil { _ = try type.configuration() }
        let takesLambda = creditPolicy == .priced || creditPolicy == .validation
        if takesLambda != (lambda != nil) {
            throw ValidationError("--lambda goes with --credit-policy priced and validation, and only with them.")
        }
        if lambdaBound != nil, !takesLambda, creditPolicy != .alignment {
            throw ValidationError("--lambda-bound needs a --credit-policy with λ.")
        }
    }

    /// What a task of nothing but DAP has no place for.
    private func checkPlain() throws {
        guard plain else {
            guard maxBatchSize != nil else { throw ValidationError("--max-batch-size is missing.") }
            return
        }
        guard commitment == .uncommitted else {
            throw ValidationError("--plain goes with --uncommitted: commitments need Cairn's own parameters.")
        }
        let options: [(String, isGiven: Bool)] = [
            ("--max-batch-size", maxBatchSize != nil), ("--owner-key", ownerKey != nil), ("--policy", policy != nil),
            ("--model", model != nil), ("--run", run != nil), ("--lambda", lambda != nil),
            ("--log-window", logWindow != nil),
            ("--lambda-bound", lambdaBound != nil), ("--publish", publish != .public),
            ("--credit-policy", creditPolicy != .unit && creditPolicy != .none),
        ]
        for (option, isGiven) in options where isGiven { throw ValidationError("A plain task has no \(option).") }
    }

    func run() async throws {
        let home = try ContributorHome.standard()
        guard home.isFree(name) else {
            throw CommandFailure(
                "a task named '\(name)' is installed in \(home.path)/tasks, and is not replaced",
                advice: "Choose another --name, or remove \(home.path)/tasks/\(name).task if nobody needs it any more.")
        }
        var draft = TaskDraft(
            name: name, leaderURL: leader, helperURL: helper, vdaf: .count,
            batchMode: batchMode, timePrecision: timePrecision,
            minBatchSize: minBatchSize, maxBatchSize: maxBatchSize ?? 0,
            collectorConfig: try CollectorKey.readPublic(collectorConfig))
        if let model, let training {
            try draft.setRound(
                TrainingRound(runID: try runID(), number: round),
                model: try Model(decoding: try UserFile.read(model)),
                settings: try TrainingSettings.Document(try UserFile.read(training), name: training))
        } else {
            let plain = try type.configuration()
            draft.vdaf = commitment == .committed ? .committed(plain) : plain
        }
        if let start, let duration { try draft.setSeconds(from: start.seconds, lasting: duration) }
        draft.publish = publish == .public ? .public : .collector
        let lambdaFile = try draft.setCredit(try creditTerms())
        draft.acceptsWeakPromises = weak.areAccepted
        draft.logWindow = logWindow ?? (model == nil ? nil : TaskDraft.roundWindow)
        draft.logPolicy = try policy.map { try UserFile.readText($0, limit: 1 << 20) }
        draft.owner = try ownerKey.map(OwnerKey.read)

        let file = try await plain ? draft.completePlain() : draft.complete(transport: .speaking, misnamed: Self.tell)
        try UserFile.createFolder(folder)
        let path = "\(folder)/\(name).task"
        let others = (file.logPolicy == nil ? [] : ["policy"]) + (lambdaFile == nil ? [] : ["lambda"])
        try UserFile.requireFree([path] + others.map { "\(folder)/\(name).\($0)" })
        try UserFile.create(path, String(decoding: file.json(), as: UTF8.self), isSecret: false)
        if let text = file.logPolicy {
            try UserFile.create("\(folder)/\(name).policy", text, isSecret: false)
        }
        if let lambdaFile {
            let isSecret = creditPolicy == .validation
            try UserFile.create("\(folder)/\(name).lambda", lambdaFile.json(), isSecret: isSecret)
        }
        try home.install(file)

        let description = try TaskDescription(file)
        if json { return try JSONOutput.print(description) }
        for line in description.lines { Console.print(line) }
        if type.vdaf?.name == "average" {
            Console.print("average      cairn collect --average divides the sum by the number of reports")
        }
        if description.lacks.contains(TaskWeakness.onlyHelperWitness.name) {
            Console.print(
                "advice       name a witness that belongs to neither aggregator with --policy (cairn help witness run)")
        }
        Console.print("written      \(path)\(file.logPolicy == nil ? "" : " and \(folder)/\(name).policy")")
        NextStep.tell(
            "give the task file to both operators, who add it",
            PrintedCommand("node", "task", "add").option("--config", "NODE.yaml").word(path: path))
        if !plain {
            NextStep.tell(
                "then contributors can use its URL", PrintedCommand("contribute").option("--task", file.address))
        }
    }

    private func creditTerms() throws -> CreditTerms {
        let file = try lambda.map(LambdaFile.init(path:))
        switch (creditPolicy, file) {
        case (.priced, let file?): return .priced(file, bound: lambdaBound)
        case (.validation, let file?): return .validation(file, bound: lambdaBound)
        case (.alignment, _): return .alignment(bound: lambdaBound)
        case (.none, _): return .none
        // The others go without λ only where the command line has been refused.
        case (.unit, _), (.priced, nil), (.validation, nil): return .unit
        }
    }

    private static func tell(_ node: NodePair.Misnamed) {
        Console.error(
            "cairn: note: the \(node.role) at \(node.asked) says that it is found at \(node.own), and takes no task that "
                + "names another URL. Name that one with --\(node.role), or have its operator change public_url.")
    }

    private func runID() throws -> [UInt8] {
        guard let run else { return TrainingRound.randomRunID() }
        guard let bytes = Hex.decode(run), bytes.count == TrainingRound.runIDSize else {
            throw CommandFailure.usage("--run \(run): 32 hexadecimal digits are expected")
        }
        return bytes
    }
}
