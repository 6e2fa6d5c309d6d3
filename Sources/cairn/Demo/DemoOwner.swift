import Contributor
import Crypto
import Foundation
import Owner
import SharedModel
import Tasks

/// The model owner of the demo: makes a task for each round, hands it to both operators, and takes the steps.
struct DemoOwner: Sendable {
    let nodes: LocalNodes
    let described: NodePair
    let folder: String
    let settings: TrainingSettings.Document
    let key = Curve25519.Signing.PrivateKey()
    let runID = TrainingRound.randomRunID()

    init(nodes: LocalNodes, folder: String, settings: TrainingSettings.Document) async throws {
        self.nodes = nodes
        self.folder = folder
        self.settings = settings
        described = try await NodePair.ask(
            leader: nodes.leader.url, helper: nodes.helper.url, transport: HTTPTransport())
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
        try draft.setCredit(.alignment(bound: nil))
        draft.owner = key
        draft.acceptsWeakPromises = true
        draft.logWindow = 1
        let now = currentTime()
        try draft.setSeconds(from: now - 60, lasting: 3660)
        let file = try draft.complete(described)
        let path = "\(folder)/tasks/\(file.name).task"
        try UserFile.create(path, String(decoding: file.json(), as: UTF8.self), isSecret: false)
        if let policy = file.logPolicy, round == 1 {
            try UserFile.create("\(folder)/log.policy", policy, isSecret: false)
        }
        try await nodes.add(path)
        try await OwnedRound(file, key: key, transport: .speaking).announce(model)
        return file
    }

    func step(_ file: TaskFile, from model: Model) async throws -> Model {
        try await OwnedRound(file, key: key, transport: .speaking).step(
            from: model, collector: try nodes.collector(for: file))
    }
}
