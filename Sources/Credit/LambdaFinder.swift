import DAP
import Ledger
import TaskTypes
import Tasks

/// Finds λ of batches, as `Protocols/credit.md` §3 says, and remembers it: many claims are about few batches.
package struct LambdaFinder: Sendable {
    /// Files that may hold λ.
    private let files: [LambdaFile]
    /// The log, whose blobs may hold it; nil where there is none at hand.
    private let log: Auditor?
    private var found: [CloseEntry.Terms: CreditWeights] = [:]
    private var claimLog: ClaimLog?
    private var aggregates: [CloseEntry.Terms: AggregateValue] = [:]

    /// - Parameters:
    ///   - files: Files of which any may hold λ of any task.
    ///   - log: The log of the tasks, where it is at hand.
    package init(files: [LambdaFile], log: Auditor?) {
        self.files = files
        self.log = log
        claimLog = log.map { ClaimLog($0) }
    }

    /// Holds a claim's batches against the log, if there is one at hand.
    ///
    /// - Throws: as ``ClaimLog/confirm(_:)`` does.
    package mutating func confirm(_ evidence: ClaimEvidence) async throws {
        try await claimLog?.confirm(evidence)
    }

    /// λ of each batch of a claim; nil for unit credit.
    ///
    /// - Throws: ``LambdaError``; ``CreditError`` where λ does not count; `AuditError` where the log cannot be read.
    package mutating func weights(of evidence: ClaimEvidence) async throws -> [CreditWeights?] {
        var weights: [CreditWeights?] = []
        for batch in evidence.batches {
            weights.append(try await self.weights(evidence.kind, task: batch.task, terms: batch.terms))
        }
        return weights
    }

    /// λ of one batch.
    ///
    /// - Returns: nil for unit credit.
    /// - Throws: as ``weights(of:)`` does.
    package mutating func weights(
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
        guard let hash = task.cairn?.lambdaHash, let lambda = await blob(hash) else {
            throw LambdaError.missing(task.taskID)
        }
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
            throw LambdaError.missing(task.taskID)
        }
        return try CreditWeights(lambda: lambda, salt: reveal.salt, task: task)
    }

    private func fromFiles(_ task: ValidatedTask) -> CreditWeights? {
        files.lazy.compactMap { $0.weights(for: task) }.first
    }

    /// λ as a blob of the log, if it is there.
    private func blob(_ hash: [UInt8]) async -> [Int64]? {
        guard let bytes = await log?.blob(hash) else { return nil }
        return try? CreditWeights.decode(bytes)
    }

    private mutating func aligned(_ task: ValidatedTask, _ terms: CloseEntry.Terms) async throws -> CreditWeights {
        _ = try logOfResults
        let batches = try await closedBatches(of: task.taskID)
        guard let batch = batches.first(where: { $0.terms == terms }) else {
            throw LambdaError.unknownBatch
        }
        return try CreditWeights(aggregate: try await aggregate(of: batch), count: terms.count, task: task)
    }

    /// The published aggregate of a batch that ``closedBatches(of:)`` gave, which is audited once.
    package mutating func aggregate(of batch: ClosedBatch) async throws -> AggregateValue {
        if let known = aggregates[batch.terms] { return known }
        let aggregate = try await logOfResults.aggregate(of: batch)
        aggregates[batch.terms] = aggregate
        return aggregate
    }

    private var logOfResults: Auditor {
        get throws(LambdaError) {
            guard let log else { throw .needsResult }
            return log
        }
    }

    /// The closed batches of a task in the log, which is read once.
    package mutating func closedBatches(of task: TaskID) async throws -> [ClosedBatch] {
        try await claimLog?.closedBatches(of: task) ?? []
    }

    /// What the credits of a batch add up to, which everybody may know.
    ///
    /// - Throws: as ``weights(of:)`` does; `AuditError.notVerified` where the result does not pass the audit.
    package mutating func total(of batch: ClosedBatch, task: ValidatedTask) async throws -> Int128 {
        let kind = task.cairn?.creditPolicy?.kind ?? CreditPolicy.Kind.none
        guard let weights = try await weights(kind, task: task, terms: batch.terms) else {
            return Int128(batch.terms.count)
        }
        return try weights.total(of: try await aggregate(of: batch), count: batch.terms.count)
    }
}
