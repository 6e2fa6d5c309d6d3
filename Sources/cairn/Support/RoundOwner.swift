import Contributor
import Crypto
import DAP
import Ledger
import SharedModel
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
        let bytes = model.encoded()
        guard file.configuration.cairn?.modelHash == Blob.hash(bytes) else {
            throw CommandFailure("the task '\(file.name)' starts from another model")
        }
        let entry = try RoundEntry(
            taskID: file.taskID, runID: round.runID, round: round.number, modelHash: Blob.hash(bytes), owner: key)
        try await TaskClient(task: file).post(.round(entry), blob: bytes)
    }

    /// Collects the round's sum, takes the step, and logs the new model with its lineage.
    ///
    /// The owner trusts no node either: a sum that the log does not prove is not applied.
    func step(from model: Model, collector: Collector) async throws -> Model {
        try checkKey()
        let outcome = try await collector.collect(.leaderSelected)
        guard case .signedVector(let sums) = outcome.value, let count = Int(exactly: outcome.count) else {
            throw CommandFailure("the collected result is not a sum of updates")
        }
        let selector = try await audit(expecting: outcome.value)
        let next = try model.applying(UpdateBound(task: file).average(of: sums, contributors: count))
        let (bytes, result) = (next.encoded(), Blob.encode(outcome.value))
        let entry = try ModelEntry(
            taskID: file.taskID, selector: selector, resultHash: Blob.hash(result),
            previousModelHash: Blob.hash(model.encoded()), modelHash: Blob.hash(bytes), owner: key)
        let client = try TaskClient(task: file)
        try await client.post(.model(entry), blob: bytes)
        try await client.post(.model(entry), blob: result)
        return next
    }

    /// The leader would refuse what another key signs; better before anything is collected.
    private func checkKey() throws {
        guard file.configuration.cairn?.ownerKey == Array(key.publicKey.rawRepresentation) else {
            throw CommandFailure("the owner's key is not the one that the task '\(file.name)' names")
        }
    }

    /// - Returns: The selector of the batch whose proven result is `value`.
    private func audit(expecting value: AggregateValue) async throws -> BatchSelector {
        let report = try await file.publicLog(at: nil).auditor.audit(taskID: file.taskID)
        for batch in report.batches {
            if case .verified(let logged) = batch.verdict, logged == value { return batch.selector }
        }
        throw CommandFailure(
            "the collected sum is not one that the log proves, so it is not applied",
            advice: "See `cairn audit --log \(file.logURL ?? "")`.")
    }
}

/// Which round of which training run a task is: `task_info` = run id (16 bytes) ‖ round number (u32, big-endian).
struct TrainingRound: Sendable {
    let runID: [UInt8]
    let number: UInt32

    static let runIDSize = 16

    init(runID: [UInt8], number: UInt32) {
        self.runID = runID
        self.number = number
    }

    init?(taskInfo: [UInt8]) {
        guard taskInfo.count == Self.runIDSize + 4 else { return nil }
        runID = Array(taskInfo.prefix(Self.runIDSize))
        number = taskInfo.suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    var taskInfo: [UInt8] { runID + withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    static func randomRunID() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<runIDSize).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
