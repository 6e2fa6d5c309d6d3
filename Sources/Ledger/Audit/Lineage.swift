import DAP
import Tasks

/// A break in the chain round → model → next round.
package struct LineageFinding: Sendable, Equatable {
    package var taskID: TaskID
    /// Whether the owner's signatures convict it. Nothing else can: every entry of the chain is the owner's.
    package var convictsOwner: Bool
    package var text: String
}

/// Follows training runs through the log (design promise P7).
///
/// A task with a `model_hash` is one round. Its owner signs that it starts (`round`) and what came of it (`model`), and
/// the next round has to start from there:
///
///     task n: model_hash = w  ─ round: w ─ batch: result ─ model: w, result → w'  ─ task n + 1: model_hash = w'
///
/// Every link is checked against what the log proves by itself: the model that the task was made for, and the result of
/// the batch. Only tasks that the owner has signed, or announced, belong to a run: anybody can write a stranger's key into
/// a task.
struct Lineage {
    private(set) var findings: [LineageFinding] = []
    private(set) var notes: [String] = []

    /// - Parameters:
    ///   - ledgers: the audited tasks, in log order. Rounds before and after them are not asked about.
    ///   - batches: what the public check says of their batches.
    init(_ ledgers: [TaskLedger], batches: [BatchAudit]) {
        var results: [CloseKey: [UInt8]] = [:]
        for batch in batches {
            guard case .verified(let value) = batch.verdict else { continue }
            results[CloseKey(taskID: batch.taskID, selector: batch.selector)] = Blob.hash(Blob.encode(value))
        }
        let rounds = ledgers.filter { $0.task.cairn?.modelHash != nil }
        for ledger in rounds {
            checkAnnouncements(of: ledger)
            checkModels(of: ledger, results: results)
        }
        checkRuns(rounds)
    }

    private struct CloseKey: Hashable {
        let taskID: TaskID
        let selector: BatchSelector
    }

    /// What the owner announced is the round that the task is.
    private mutating func checkAnnouncements(of ledger: TaskLedger) {
        let named = TrainingRound(taskInfo: ledger.task.configuration.taskInfo)
        for entry in ledger.rounds {
            if entry.modelHash != ledger.task.cairn?.modelHash {
                convict(ledger, "the owner announced the round from another model than the task names")
            }
            if let named, entry.name != named {
                convict(ledger, "the owner announced the task as round \(entry.round), but it is round \(named.number)")
            }
        }
    }

    /// One model came of the round, from the model and the result that the log knows.
    private mutating func checkModels(of ledger: TaskLedger, results: [CloseKey: [UInt8]]) {
        for model in ledger.models {
            if model.previousModelHash != ledger.task.cairn?.modelHash {
                convict(ledger, "the owner logged a model that comes from another one than the round started from")
            }
            guard ledger.closed.contains(where: { $0.terms.selector == model.selector }) else {
                convict(ledger, "the owner logged a model from a batch that the task does not have")
                continue
            }
            let result = results[CloseKey(taskID: ledger.task.taskID, selector: model.selector)]
            if let result, result != model.resultHash {
                convict(ledger, "the owner logged a model from a result that is not the batch's")
            }
        }
        // The entry may be logged again, word for word.
        let different = ledger.models.dropFirst().filter { !$0.saysTheSame(as: ledger.models[0]) }
        if !different.isEmpty {
            convict(ledger, "the owner signed \(different.count + 1) different models for one round: a fork")
        }
    }

    /// A round starts from a model that the round before it has logged.
    private mutating func checkRuns(_ ledgers: [TaskLedger]) {
        var order: [RunRound] = []
        var rounds: [RunRound: [TaskLedger]] = [:]
        for ledger in ledgers {
            for name in Self.names(of: ledger) {
                if rounds[name] == nil { order.append(name) }
                rounds[name, default: []].append(ledger)
            }
        }
        for name in order {
            let tasks = rounds[name] ?? []
            if tasks.count > 1 {
                notes.append(
                    "round \(name.round.number) of run \(name.round.runName) has \(tasks.count) tasks: "
                        + tasks.map(\.task.taskID.base64URL).joined(separator: ", "))
            }
            guard let earlier = name.previous.flatMap({ rounds[$0] }) else { continue }
            let models = earlier.flatMap(\.models).map(\.modelHash)
            for ledger in tasks where !models.contains(where: { $0 == ledger.task.cairn?.modelHash }) {
                // A break, but nobody's: the leader may have withheld the model, or another log has it.
                findings.append(
                    LineageFinding(
                        taskID: ledger.task.taskID, convictsOwner: false,
                        text: "round \(name.round.number) of run \(name.round.runName) starts from a model that round "
                            + "\(name.round.number - 1) did not log"))
            }
        }
    }

    private struct RunRound: Hashable {
        let owner: [UInt8]
        let round: TrainingRound

        var previous: RunRound? {
            guard round.number > 0 else { return nil }
            return RunRound(owner: owner, round: TrainingRound(runID: round.runID, number: round.number - 1))
        }
    }

    /// Which rounds a task is by its owner's word: the one in `task_info`, or where this has another form, the announced.
    private static func names(of ledger: TaskLedger) -> [RunRound] {
        guard let owner = ledger.task.cairn?.ownerKey, ledger.isSignedByOwner || !ledger.rounds.isEmpty else {
            return []
        }
        if let round = TrainingRound(taskInfo: ledger.task.configuration.taskInfo) {
            return [RunRound(owner: owner, round: round)]
        }
        let announced = Set(ledger.rounds.map(\.name)).sorted { $0.number < $1.number }
        return announced.map { RunRound(owner: owner, round: $0) }
    }

    private mutating func convict(_ ledger: TaskLedger, _ text: String) {
        findings.append(LineageFinding(taskID: ledger.task.taskID, convictsOwner: true, text: text))
    }
}

extension Auditor {
    /// The models that the owner of a task has logged, in log order.
    package func models(of taskID: TaskID) async throws(AuditError) -> [ModelEntry] {
        try await trainingHistory(of: taskID).models
    }

    /// What the owner of a task has logged of its training, each in log order.
    package struct TrainingHistory: Sendable, Equatable {
        package let rounds: [RoundEntry]
        package let models: [ModelEntry]
    }

    /// - Throws: `.unknownTask`, `.otherLog` and what else keeps the log from being read.
    package func trainingHistory(of taskID: TaskID) async throws(AuditError) -> TrainingHistory {
        let ledger = try await ledger(of: taskID).ledger
        return TrainingHistory(rounds: ledger.rounds, models: ledger.models)
    }
}

extension RoundEntry {
    fileprivate var name: TrainingRound { TrainingRound(runID: runID, number: round) }
}

extension ModelEntry {
    /// Whether both say the same, whatever their signatures' bytes.
    package func saysTheSame(as other: ModelEntry) -> Bool { signedBytes() == other.signedBytes() }
}
