import Contributor
import Crypto
import Ledger
import SharedModel
import Tasks
import TransparencyLog

/// What the owner of a training run does around one round's task. `cairn model` and the demo share it.
struct RoundOwner: Sendable {
    let file: TaskFile
    let key: Curve25519.Signing.PrivateKey

    /// Logs which model the round starts from, so that contributors can fetch it from the log by its hash.
    func announce(_ model: Model) async throws {
        try checkKey()
        guard let round = TrainingRound(taskInfo: file.configuration.taskInfo) else {
            throw CommandFailure("the task '\(file.name)' is not a training round")
        }
        try check(model)
        let bytes = model.encoded()
        let entry = try RoundEntry(
            taskID: file.taskID, runID: round.runID, round: round.number, modelHash: Blob.hash(bytes), owner: key)
        try await TaskClient(task: file, transport: .speaking).post(.round(entry), blob: bytes)
    }

    /// Collects the round's sum, takes the step, and logs the new model with its lineage.
    ///
    /// The owner trusts no node either: a sum that the log does not prove is not applied, and how many reports it is of
    /// comes from the log.
    func step(from model: Model, collector: Collector) async throws -> Model {
        try checkKey()
        try check(model)
        let outcome = try await collector.collect(.leaderSelected)
        let result = try await audited(outcome)
        guard case .signedVector(let sums) = result.value, let count = Int(exactly: result.count) else {
            throw CommandFailure("the collected result is not a sum of updates")
        }
        let next = try model.applying(UpdateBound(task: file).average(of: sums, contributors: count))
        let (bytes, sum) = (next.encoded(), Blob.encode(result.value))
        let entry = try ModelEntry(
            taskID: file.taskID, selector: result.selector, resultHash: Blob.hash(sum),
            previousModelHash: Blob.hash(model.encoded()), modelHash: Blob.hash(bytes), owner: key)
        // Of this round another batch may have been collected and stepped from before.
        guard try await file.publicLog(at: nil).auditor.models(of: file.taskID).allSatisfy(entry.saysTheSame) else {
            throw CommandFailure(
                "the round '\(file.name)' has another model in the log already; a second one would be a fork by your key"
            )
        }
        try await TaskClient(task: file, transport: .speaking).post(.model(entry), blob: bytes)
        // The next round may start from this model only once the log has it.
        try await file.log(.model(entry), blob: sum)
        return next
    }

    /// The task says which model its round starts from; announced or stepped from another, the owner would sign a break in
    /// the run's lineage.
    private func check(_ model: Model) throws {
        guard file.configuration.cairn?.modelHash == Blob.hash(model.encoded()) else {
            throw CommandFailure(
                "the task '\(file.name)' starts from another model", advice: "Give the model that the task names.")
        }
    }

    /// The leader would refuse what another key signs; better before anything is collected.
    private func checkKey() throws {
        guard file.configuration.cairn?.ownerKey == Array(key.publicKey.rawRepresentation) else {
            throw CommandFailure("the owner's key is not the one that the task '\(file.name)' names")
        }
    }

    /// The result that the log proves, if it is the collected one.
    private func audited(_ outcome: CollectionOutcome) async throws -> AuditedResult {
        let log = try file.publicLog(at: nil)
        let reason: String
        switch await outcome.verdict(
            of: file.taskID, query: .leaderSelected, source: log.source, policy: log.policy)
        {
        case .audited(let result): return result
        case .unaudited(let text), .contradicted(let text): reason = text
        }
        throw CommandFailure(
            "the collected sum is not one that the log proves, so it is not applied: \(reason)",
            advice: "See what the log says: \(file.auditCommand.text)")
    }
}
