import Ledger
import SharedModel

/// How far a round has come, as its owner's entries in the log say. Whoever goes on after a crash begins here.
package enum RoundStanding: Sendable, Equatable {
    /// Nobody can fetch its model yet.
    case made
    /// Contributors can take part, and its sum can be collected.
    case announced
    /// It has ended: this is the model that the next round starts from.
    case stepped(Model)

    /// The rule, without the log.
    ///
    /// - Parameters:
    ///   - rounds: What the owner has announced of the task, in log order.
    ///   - model: The one that it has stepped to, if it has.
    init(rounds: [RoundEntry], model: Model?) {
        self = model.map { .stepped($0) } ?? (rounds.isEmpty ? .made : .announced)
    }
}

extension OwnedRound {
    /// Reads from the log how far the round has come.
    ///
    /// - Throws: `AuditError` where the log cannot be read; `.lostModel` where it names a next model that it does not hold.
    package func standing() async throws -> RoundStanding {
        let auditor = try log.auditor
        let history: Auditor.TrainingHistory
        do throws(AuditError) {
            history = try await auditor.trainingHistory(of: file.taskID)
        } catch .unknownTask {
            // The leader logs a task when it is added.
            return .made
        }
        guard let entry = history.models.last else { return RoundStanding(rounds: history.rounds, model: nil) }
        guard let bytes = await auditor.blob(entry.modelHash), let model = try? Model(decoding: bytes) else {
            throw RoundError.lostModel(task: file.name)
        }
        return RoundStanding(rounds: history.rounds, model: model)
    }
}
