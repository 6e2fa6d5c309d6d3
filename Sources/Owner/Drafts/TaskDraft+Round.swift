import Ledger
import SharedModel
import TaskTypes
import Tasks

extension TaskDraft {
    /// For how many seconds the log of a round lets reports wait, unless its author says otherwise: rounds last minutes, and
    /// their authors wait for them.
    package static let roundWindow: UInt32 = 5

    /// Makes the task one training round: committed updates of bounded norm, bound to the round's model and settings.
    ///
    /// - Throws: `.settings` where the settings are not about the model, `.type` where no type takes its updates.
    package mutating func setRound(
        _ round: TrainingRound, model: Model, settings document: TrainingSettings.Document
    ) throws(TaskDraftError) {
        let settings = document.settings
        do throws(TrainingSettingsError) {
            try settings.requireFit(model, name: "the file of training settings")
        } catch {
            throw .settings(error)
        }
        do throws(VDAFConfigurationError) {
            vdaf = .committed(
                try .boundedL2(
                    dimension: UInt32(model.parameters.count), normBound: settings.normBound,
                    fractionalBits: settings.fractionalBits))
        } catch {
            throw .type(error)
        }
        taskInfo = round.taskInfo
        modelHash = Blob.hash(model.encoded())
        termsHash = document.hash
    }
}
