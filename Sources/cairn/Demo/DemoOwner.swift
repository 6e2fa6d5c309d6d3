import Contributor
import Crypto
import DAP
import Foundation
import Ledger
import SharedModel
import TransparencyLog

/// The model owner of the demo: announces rounds, collects sums, checks them against the log, and logs each new model.
struct DemoOwner: Sendable {
    let nodes: LocalNodes
    let leaderInfo: NodeInfo
    let helperInfo: NodeInfo
    let folder: String
    let settings: TrainingSettings.Document
    let key = Curve25519.Signing.PrivateKey()
    let runID: [UInt8]

    init(nodes: LocalNodes, folder: String, settings: TrainingSettings.Document) async throws {
        self.nodes = nodes
        self.folder = folder
        self.settings = settings
        leaderInfo = try await NodeClient(url: nodes.leader.url).info()
        helperInfo = try await NodeClient(url: nodes.helper.url).info()
        var generator = SystemRandomNumberGenerator()
        runID = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        try UserFile.createFolder("\(folder)/tasks")
    }

    /// Makes the round's task, hands it to both operators, and logs which model it starts from.
    func announce(round: Int, model: Model, contributors: Int) async throws -> TaskFile {
        var draft = TaskDraft(
            name: "round-\(round)", leaderURL: nodes.leader.url, helperURL: nodes.helper.url, vdaf: .count,
            batchMode: .leaderSelected, timePrecision: 60, minBatchSize: UInt64((contributors + 1) / 2),
            maxBatchSize: UInt64(contributors + 2), collectorConfig: nodes.collectorKey.config)
        try draft.setRound(model: model, settings: settings)
        draft.taskInfo = runID + withUnsafeBytes(of: UInt32(round).bigEndian) { Array($0) }
        draft.ownerKey = Array(key.publicKey.rawRepresentation)
        let now = currentTime()
        draft.seconds = now - 60..<now + 3600
        let file = try draft.complete(leader: leaderInfo, helper: helperInfo)
        let path = "\(folder)/tasks/\(file.name).task"
        try UserFile.create(path, String(decoding: file.json(), as: UTF8.self), isSecret: false)
        if let policy = file.logPolicy, round == 1 {
            try UserFile.create("\(folder)/log.policy", policy, isSecret: false)
        }
        try await nodes.add(path)
        let bytes = model.encoded()
        let entry = try RoundEntry(
            taskID: file.taskID, runID: runID, round: UInt32(round), modelHash: Blob.hash(bytes), owner: key)
        try await TaskClient(task: file).post(.round(entry), blob: bytes)
        return file
    }

    /// Collects the round's sum, audits it, takes the step, and logs the new model with its lineage.
    func step(_ file: TaskFile, from model: Model) async throws -> Model {
        let outcome = try await nodes.collector(for: file).collect(.leaderSelected)
        guard case .vector(let sums) = outcome.value, let count = Int(exactly: outcome.count) else {
            throw CommandFailure("the collected result is not a vector of sums")
        }
        let selector = try await audit(file, expecting: outcome.value)
        let average = try settings.settings.encoding().decodeAverage(sums, contributors: count)
        let next = try model.applying(average)
        let bytes = next.encoded()
        let entry = try ModelEntry(
            taskID: file.taskID, selector: selector, resultHash: Blob.hash(Blob.encode(outcome.value)),
            previousModelHash: Blob.hash(model.encoded()), modelHash: Blob.hash(bytes), owner: key)
        let client = try TaskClient(task: file)
        try await client.post(.model(entry), blob: bytes)
        try await client.post(.model(entry), blob: Blob.encode(outcome.value))
        return next
    }

    /// The owner trusts no node either: what it applies is what the log proves.
    ///
    /// - Returns: The batch's selector.
    private func audit(_ file: TaskFile, expecting value: AggregateValue) async throws -> BatchSelector {
        guard let url = file.logURL, let policy = file.logPolicy else { throw CommandFailure("the task has no log") }
        let source = Contributor.HTTPTileSource(baseURL: url)
        let report = try await Auditor(source: source, policy: try LogPolicy(parsing: Array(policy.utf8)))
            .audit(taskID: file.taskID)
        for batch in report.batches {
            if case .verified(let logged) = batch.verdict, logged == value { return batch.selector }
        }
        throw CommandFailure("the collected sum is not one that the log proves: \(report.batches.map(\.verdict))")
    }
}
