import Contributor
import Crypto
import Foundation
import SharedModel
import Tasks

/// The model owner of the demo: makes a task for each round, hands it to both operators, and takes the steps.
struct DemoOwner: Sendable {
    let nodes: LocalNodes
    let leaderInfo: NodeInfo
    let helperInfo: NodeInfo
    let folder: String
    let settings: TrainingSettings.Document
    let key = Curve25519.Signing.PrivateKey()
    let runID = TrainingRound.randomRunID()

    init(nodes: LocalNodes, folder: String, settings: TrainingSettings.Document) async throws {
        self.nodes = nodes
        self.folder = folder
        self.settings = settings
        leaderInfo = try await NodeClient(url: nodes.leader.url).info()
        helperInfo = try await NodeClient(url: nodes.helper.url).info()
        try UserFile.createFolder("\(folder)/tasks")
    }

    /// Makes the round's task, hands it to both operators, and logs which model it starts from.
    func announce(round: Int, model: Model, contributors: Int) async throws -> TaskFile {
        var draft = TaskDraft(
            name: "round-\(round)", leaderURL: nodes.leader.url, helperURL: nodes.helper.url, vdaf: .count,
            batchMode: .leaderSelected, timePrecision: 60, minBatchSize: UInt64(max(2, (contributors + 1) / 2)),
            maxBatchSize: UInt64(contributors + 2), collectorConfig: nodes.collectorKey.config)
        try draft.setRound(
            TrainingRound(runID: runID, number: UInt32(clamping: round)), model: model, settings: settings)
        // λ is the published sum, of which no coordinate exceeds what the batch can add up to.
        draft.credit = CreditPolicy(
            kind: .alignment, bound: draft.maxBatchSize * draft.vdaf.base.coordinateBound)
        draft.owner = key
        draft.acceptsWeakPromises = true
        draft.logWindow = 1
        let now = currentTime()
        draft.seconds = now - 60..<now + 3600
        let file = try draft.complete(leader: leaderInfo, helper: helperInfo)
        let path = "\(folder)/tasks/\(file.name).task"
        try UserFile.create(path, String(decoding: file.json(), as: UTF8.self), isSecret: false)
        if let policy = file.logPolicy, round == 1 {
            try UserFile.create("\(folder)/log.policy", policy, isSecret: false)
        }
        try await nodes.add(path)
        try await RoundOwner(file: file, key: key).announce(model)
        return file
    }

    func step(_ file: TaskFile, from model: Model) async throws -> Model {
        try await RoundOwner(file: file, key: key).step(
            from: model, collector: try nodes.collector(for: file))
    }
}
