import Contributor
import Crypto
import Ledger
import SharedModel
import Tasks

/// A task with a model, as the owner of its training run has it: announces what it starts from, collects its sum, and steps
/// to the next model.
///
/// Everything that an owner has done stands in the log, and nothing is logged twice. So each call can be repeated after
/// whatever cut it off, and ``standing()`` says how far the round has come.
package struct OwnedRound: Sendable {
    package let log: OwnerLog
    private let key: Curve25519.Signing.PrivateKey

    package var file: TaskFile { log.file }
    /// Which round of which run it is; nil where the task is about a model, and no round.
    package var number: TrainingRound? { file.configuration.trainingRound }

    /// The leader would refuse what another key signs; better before anything is collected.
    ///
    /// - Throws: `.otherKey`.
    package init(
        _ file: TaskFile, key: Curve25519.Signing.PrivateKey, transport: HTTPTransport
    ) throws(RoundError) {
        guard file.configuration.cairn?.ownerKey == Array(key.publicKey.rawRepresentation) else {
            throw .otherKey(task: file.name)
        }
        log = OwnerLog(file, transport: transport)
        self.key = key
    }

    /// The log's entry that says which model the round starts from.
    ///
    /// - Throws: `.noRound`, `.otherModel`, `.signing`.
    package func announcement(of model: Model) throws(RoundError) -> RoundEntry {
        guard let round = TrainingRound(taskInfo: file.configuration.taskInfo) else {
            throw .noRound(task: file.name)
        }
        try check(model)
        do {
            return try RoundEntry(
                taskID: file.taskID, runID: round.runID, round: round.number, modelHash: Blob.hash(model.encoded()),
                owner: key)
        } catch {
            throw .signing
        }
    }

    /// Logs which model the round starts from, so that contributors can fetch it from the log by its hash.
    ///
    /// - Throws: ``RoundError``; `ContributorError` where the leader does not take it.
    package func announce(_ model: Model) async throws {
        try await log.post(.round(try announcement(of: model)), blob: model.encoded())
    }

    /// Collects the round's sum, takes the step, and logs the new model with its lineage.
    ///
    /// The owner trusts no node either: a sum that the log does not prove is not applied, and how many reports it is of
    /// comes from the log.
    ///
    /// - Parameters:
    ///   - collector: Of this task.
    ///   - progress: Told what is being done; called while the step goes on.
    /// - Throws: ``RoundError``; ``ResultError``; ``OwnerLogError``; `ContributorError` where a node does not do its part.
    package func step(
        from model: Model, collector: Collector, progress: @escaping @Sendable (RoundProgress) -> Void = { _ in }
    ) async throws -> Model {
        try check(model)
        let outcome = try await collector.collect(.leaderSelected) { progress(.waiting($0)) }
        progress(.collected(outcome.count))
        let result = try await proved(outcome)
        progress(.proved(result.count))
        let step = try ModelStep(from: model, with: result, bound: try UpdateBound(task: file))
        try await publish(step)
        progress(.logged)
        return step.next
    }

    /// Logs the next model with its lineage, and waits until the log shows it: the next round may start from it only then.
    ///
    /// - Throws: `.fork` where the log has another model of this round; else as ``OwnerLog/publish(_:blob:patience:)`` does.
    package func publish(_ step: ModelStep) async throws {
        let entry: ModelEntry
        do { entry = try step.entry(of: file.taskID, owner: key) } catch { throw RoundError.signing }
        // Of this round another batch may have been collected and stepped from before.
        guard try await log.auditor.models(of: file.taskID).allSatisfy(entry.saysTheSame) else {
            throw RoundError.fork(task: file.name)
        }
        try await log.post(.model(entry), blob: step.next.encoded())
        try await log.publish(.model(entry), blob: step.sum)
    }

    /// The result that the log proves, if it is the collected one.
    private func proved(_ outcome: CollectionOutcome) async throws -> AuditedResult {
        let standing: ResultStanding
        do {
            standing = try await outcome.standing(in: log, query: .leaderSelected)
        } catch ResultError.contradicted(let reason, _) {
            throw RoundError.unproved(file, reason: reason)
        }
        switch standing {
        case .proved(let result): return result
        case .uncommitted, .unproved: throw RoundError.unproved(file, reason: standing.words)
        }
    }

    /// The task says which model its round starts from; announced or stepped from another, the owner would sign a break in
    /// the run's lineage.
    private func check(_ model: Model) throws(RoundError) {
        guard file.configuration.cairn?.modelHash == Blob.hash(model.encoded()) else {
            throw .otherModel(task: file.name)
        }
    }
}

/// What the owner's machine is doing in a round.
package enum RoundProgress: Sendable, Equatable {
    /// The leader has no result yet, and says what it waits for.
    case waiting(String?)
    /// The leader has answered with a sum, of so many reports by its own word.
    case collected(UInt64)
    /// The log proves the sum, and that it is of so many reports.
    case proved(UInt64)
    /// The log shows the next model.
    case logged
}
