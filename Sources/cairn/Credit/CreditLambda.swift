import Credit
import DAP
import Ledger
import TaskTypes
import Tasks
import TransparencyLog

/// Finds λ of batches, as `Protocols/credit.md` §3 says, and remembers it: many claims are about few batches.
struct CreditLambda {
    /// Files that may hold λ.
    private let files: [LambdaFile]
    /// The log, whose blobs may hold it; nil where there is none at hand.
    private let log: TaskLog?
    private var found: [CloseEntry.Terms: CreditWeights] = [:]
    private var claimLog: ClaimLog?
    private var aggregates: [CloseEntry.Terms: AggregateValue] = [:]

    init(files: [LambdaFile], log: TaskLog?) {
        self.files = files
        self.log = log
        claimLog = log.map { ClaimLog($0.auditor) }
    }

    /// Holds a claim's batches against the log, if there is one at hand.
    mutating func confirm(_ evidence: ClaimEvidence) async throws {
        try await claimLog?.confirm(evidence)
    }

    /// λ of each batch of a claim; nil for unit credit.
    mutating func weights(of evidence: ClaimEvidence) async throws -> [CreditWeights?] {
        var weights: [CreditWeights?] = []
        for batch in evidence.batches {
            weights.append(try await self.weights(evidence.kind, task: batch.task, terms: batch.terms))
        }
        return weights
    }

    /// - Returns: nil for unit credit.
    mutating func weights(
        _ kind: CreditPolicy.Kind, task: ValidatedTask, terms: CloseEntry.Terms
    ) async throws -> CreditWeights? {
        if let known = found[terms] { return known }
        let weights: CreditWeights?
        switch kind {
        case .none, .unit: weights = nil
        case .priced: weights = try await prices(of: task)
        case .validation: weights = try await revealed(of: task, terms)
        case .alignment: weights = try await aligned(task, terms)
        }
        found[terms] = weights
        return weights
    }

    private func prices(of task: ValidatedTask) async throws -> CreditWeights {
        if let weights = fromFiles(task) { return weights }
        guard let hash = task.cairn?.lambdaHash, let lambda = await blob(hash) else { throw missing(task) }
        return try CreditWeights(lambda: lambda, salt: nil, task: task)
    }

    /// λ that was hidden until the batch was closed; with a log at hand, that it was is checked.
    private mutating func revealed(of task: ValidatedTask, _ terms: CloseEntry.Terms) async throws -> CreditWeights {
        let batches = try await closedBatches(of: task.taskID)
        if log != nil {
            guard let batch = batches.first(where: { $0.terms == terms }) else {
                throw CreditError.refused(.close, "the log does not have the claim's batch, or it does not hold")
            }
            guard !batch.isExposed else {
                throw CreditError.refused(
                    .weights, "λ was revealed before the batch was closed, when credit could still be farmed")
            }
        }
        if let weights = fromFiles(task) { return weights }
        guard let reveal = batches.lazy.compactMap(\.reveal).first, let lambda = await blob(reveal.lambdaHash) else {
            throw missing(task)
        }
        return try CreditWeights(lambda: lambda, salt: reveal.salt, task: task)
    }

    private func fromFiles(_ task: ValidatedTask) -> CreditWeights? {
        files.lazy.compactMap { $0.weights(for: task) }.first
    }

    /// λ as a blob of the log, if it is there.
    private func blob(_ hash: [UInt8]) async -> [Int64]? {
        guard let bytes = try? await log?.source.tile(path: Blob.path(hash: hash)), Blob.hash(bytes) == hash else {
            return nil
        }
        return try? CreditWeights.decode(bytes)
    }

    private func missing(_ task: ValidatedTask) -> CommandFailure {
        CommandFailure(
            "λ of task \(task.taskID.base64URL) is not at hand",
            advice: "Whoever made the task publishes it with `cairn credit reveal`; or name its file with --lambda.")
    }

    private mutating func aligned(_ task: ValidatedTask, _ terms: CloseEntry.Terms) async throws -> CreditWeights {
        _ = try logOfResults
        let batches = try await closedBatches(of: task.taskID)
        guard let batch = batches.first(where: { $0.terms == terms }) else {
            throw CommandFailure("the log does not have the claim's batch")
        }
        return try CreditWeights(aggregate: try await aggregate(of: batch), count: terms.count, task: task)
    }

    /// The published aggregate of a batch that ``closedBatches(of:)`` gave, which is audited once.
    mutating func aggregate(of batch: ClosedBatch) async throws -> AggregateValue {
        if let known = aggregates[batch.terms] { return known }
        let aggregate = try await logOfResults.auditor.aggregate(of: batch)
        aggregates[batch.terms] = aggregate
        return aggregate
    }

    private var logOfResults: TaskLog {
        get throws {
            guard let log else {
                throw CommandFailure("alignment credit needs the batch's published result", advice: "Give --log.")
            }
            return log
        }
    }

    /// The closed batches of a task in the log, which is read once.
    mutating func closedBatches(of task: TaskID) async throws -> [ClosedBatch] {
        try await claimLog?.closedBatches(of: task) ?? []
    }
}
