import Encodings
import Ledger
import Tasks

/// A task in words, for `task show` and `task create`; the JSON form is for other DAP-18 clients.
struct TaskDescription: Encodable {
    let name: String
    let taskId: String
    /// Hex of the DAP-18 encoding.
    let taskConfiguration: String
    let leaderUrl: String
    let helperUrl: String
    let vdaf: String
    let committed: Bool
    /// Whether this is a task of nothing but DAP, without Cairn's own parameters.
    let plain: Bool
    let batchMode: String
    let timePrecision: UInt64
    /// Seconds; 0: the log lets nothing wait. Nil in uncommitted tasks.
    let logWindow: UInt32?
    let minBatchSize: UInt64
    /// Nil in a plain task, which has no such limit.
    let maxBatchSize: UInt64?
    let start: String?
    let end: String?
    let publish: String?
    let creditPolicy: String?
    let collectorHpkeConfig: String
    let ownerKey: String?
    /// Whether the task file has the owner's signature; nil for a task without owner.
    let ownerSigned: Bool?
    let logUrl: String?
    let logPolicy: String?
    let modelHash: String?
    /// Of a training round: the run, as `--run` takes it, and the number of the round.
    let runId: String?
    let round: UInt32?
    let capacity: String
    /// Bits by which one report's shares hide it statistically; nil for uncommitted tasks.
    let sigma: Double?
    /// What the task does not promise, by `TaskWeakness`'s names.
    let lacks: [String]
    private let weaknesses: [TaskWeakness]
    /// POSIX seconds.
    private let interval: (start: UInt64, end: UInt64)?

    private enum CodingKeys: CodingKey {
        case name, taskId, taskConfiguration, leaderUrl, helperUrl, vdaf, committed, plain, batchMode, timePrecision
        case logWindow, minBatchSize, maxBatchSize, start, end, publish, creditPolicy, collectorHpkeConfig, ownerKey,
            ownerSigned
        case logUrl, logPolicy, modelHash, runId, round, capacity, sigma, lacks
    }

    /// - Parameter installed: The name under which the task is installed, if that is what is shown.
    init(_ file: TaskFile, installed: String? = nil) throws {
        let task = try file.configuration.validated()
        let configuration = file.configuration
        let parameters = task.cairn
        name = installed ?? file.name
        taskId = file.taskID.base64URL
        taskConfiguration = Hex.encode(configuration.encoding)
        leaderUrl = configuration.leaderURL
        helperUrl = configuration.helperURL
        vdaf = task.vdaf.text
        committed = task.isCommitted
        plain = task.isPlain
        batchMode = configuration.batchMode.word
        timePrecision = configuration.timePrecision
        logWindow = task.isCommitted ? parameters?.logWindow?.seconds ?? 0 : nil
        minBatchSize = configuration.minBatchSize
        maxBatchSize = parameters?.maxBatchSize
        interval = configuration.taskSeconds
        start = (interval?.start).map(TimeArgument.text)
        end = (interval?.end).map(TimeArgument.text)
        publish = parameters?.publish.map { $0 == .public ? "public" : "collector" }
        creditPolicy = parameters?.creditPolicy.map { "\($0.kind)" }
        collectorHpkeConfig = Hex.encode(file.collectorHpkeConfig.encoded())
        ownerKey = parameters?.ownerKey.map { Hex.encode($0) }
        ownerSigned = parameters?.ownerKey.map { _ in !file.lacksOwnerSignature }
        logUrl = file.logURL
        logPolicy = file.logPolicy
        modelHash = parameters?.modelHash.map { Hex.encode($0) }
        runId = configuration.trainingRound?.runName
        round = configuration.trainingRound?.number
        capacity = task.capacity
        sigma = task.sigma
        weaknesses = try file.weaknesses()
        lacks = weaknesses.map(\.name)
    }

    /// For people: one fact a line.
    var lines: [String] {
        let checks =
            plain
            ? "none (plain DAP)"
            : committed ? "every report is logged, and the result can be checked" : "none (uncommitted)"
        let sizes = maxBatchSize.map { "\(minBatchSize) to \($0)" } ?? "at least \(minBatchSize)"
        var lines = [
            "task         \(name)",
            "id           \(taskId)",
            "leader       \(leaderUrl)",
            "helper       \(helperUrl)",
            "type         \(vdaf)",
            "checks       \(checks)",
            "batches      \(batchMode), \(sizes) reports",
            "time         in steps of \(timePrecision) s",
        ]
        if let interval {
            lines.append("reports      from \(PeopleTime.text(interval.start)) until \(PeopleTime.text(interval.end))")
        }
        if let logWindow {
            lines.append(
                logWindow == 0
                    ? "window       none: the log tells when each report came"
                    : "window       reports stand in the log at ends of \(logWindow) s, shuffled")
        }
        if let runId, let round { lines.append("training     round \(round) of run \(runId)") }
        if let publish { lines.append("publish      \(publish)") }
        if let creditPolicy { lines.append("credit       \(creditPolicy)") }
        if let ownerKey, let ownerSigned {
            let verdict = ownerSigned ? "who has signed this task" : "who has NOT signed this task: do not use it"
            lines.append("owner        \(ownerKey), \(verdict)")
        }
        if let logUrl { lines.append("log          \(logUrl)") }
        lines.append("capacity     \(capacity)")
        if let sigma { lines.append("hiding       σ = \(Int(sigma)) bits per report (at least 40 required)") }
        lines += weaknesses.map { "lacks        \($0)" }
        return lines
    }
}
