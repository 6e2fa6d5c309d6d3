import Credit
import DAP
import Ledger
import TransparencyLog

/// Finds λ, as `Protocols/credit.md` §3 says.
enum CreditLambda {
    /// - Parameters:
    ///   - files: Files that may hold it.
    ///   - source: The log, whose blobs may hold it; nil where there is none at hand.
    ///   - batch: The batch whose aggregate it is, where the policy is alignment; read from the log if nil.
    /// - Returns: nil for unit credit.
    static func weights(
        _ kind: CreditPolicy.Kind, task: ValidatedTask, terms: CloseEntry.Terms, files: [LambdaFile],
        source: (any TileSource)?, auditor: Auditor?, batch: ClosedBatch? = nil
    ) async throws -> CreditWeights? {
        switch kind {
        case .none, .unit: return nil
        case .priced, .validation:
            for file in files {
                if let weights = file.weights(for: task) { return weights }
            }
            if kind == .priced, let hash = task.cairn.lambdaHash,
                let bytes = try? await source?.tile(path: Blob.path(hash: hash))
            {
                return try CreditWeights(lambda: CreditWeights.decode(bytes), salt: nil, task: task)
            }
            throw CommandFailure(
                "λ of task \(task.taskID.base64URL) is not at hand",
                advice: "Name its file with --lambda; whoever made the task has it.")
        case .alignment:
            guard let auditor else {
                throw CommandFailure("alignment credit needs the batch's published result", advice: "Give --log.")
            }
            let found: ClosedBatch?
            if let batch {
                found = batch
            } else {
                found = try await auditor.closedBatches(of: task.taskID).first { $0.terms == terms }
            }
            guard let found else { throw CommandFailure("the log does not have the claim's batch") }
            return try CreditWeights(
                aggregate: try await auditor.aggregate(of: found), count: found.terms.count, task: task)
        }
    }
}
