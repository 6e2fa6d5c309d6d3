import Credit
import Ledger

extension OwnerLog {
    /// Publishes the λ that the task has fixed, so that claims can be made and verified with the log alone.
    ///
    /// The leader takes prices at any time, and λ of a validation policy once a batch is closed.
    ///
    /// - Throws: ``OwnerLogError/otherLambda(task:)``, before anything is sent; else as ``publish(_:blob:patience:)`` does.
    package func reveal(_ lambda: LambdaFile) async throws {
        let task = try file.configuration.validated()
        guard lambda.weights(for: task) != nil else { throw OwnerLogError.otherLambda(task: file.name) }
        let bytes = CreditWeights.encode(lambda.lambda)
        let entry = RevealEntry(taskID: file.taskID, lambda: bytes, salt: lambda.salt ?? [])
        try await publish(.reveal(entry), blob: bytes)
    }
}
