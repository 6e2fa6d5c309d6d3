import DAP
import TaskTypes
import Tasks
import TransparencyLog

/// What an audit of a log found.
package struct AuditReport: Sendable {
    /// The tree that was audited, every leaf of it.
    package var head: TreeHead
    /// How the policy judged the checkpoint, key by key.
    package var policyVerdict: PolicyVerdict
    package var batches: [BatchAudit]
    /// Models of the audited tasks in log order: each with the one it came from.
    package var models: [ModelEntry]
    /// Where the models of a training run do not follow from each other.
    package var lineage: [LineageFinding]
    /// How pools were divided, in log order.
    package var payouts: [PayoutAudit]
    /// What is odd but convicts nobody of a wrong result.
    package var notes: [String]
    /// The audited tasks, in log order.
    package var tasks: [AuditedTask] = []

    /// Whether every batch that was found passed (and there was one), models follow from each other, and every payout
    /// adds up.
    package var isVerified: Bool {
        !batches.isEmpty && lineage.isEmpty
            && batches.allSatisfy { if case .verified = $0.verdict { true } else { false } }
            && payouts.allSatisfy { if case .divided = $0.verdict { true } else { false } }
    }

    /// The audit in one word: what is false counts before what could not be found out, and that before what is not finished.
    package var outcome: AuditOutcome {
        var outcomes: [AuditOutcome] = batches.map {
            switch $0.verdict {
            case .verified: .verified
            case .failed: .failed
            case .unverified: .unverified
            case .unfinished: .open
            }
        }
        outcomes += payouts.map {
            switch $0.verdict {
            case .divided: .verified
            case .wrong: .failed
            case .unverified: .unverified
            }
        }
        outcomes += lineage.map { _ in .failed }
        return [.failed, .unverified, .open].first { outcomes.contains($0) } ?? (batches.isEmpty ? .open : .verified)
    }
}

/// What became of an audit.
package enum AuditOutcome: String, Sendable {
    case verified
    /// Something is false.
    case failed
    /// Something that the checks need is not there: no verdict either way.
    case unverified
    /// Nothing is wrong, and a batch is not collected yet, or there is none.
    case open
}

/// A task whose batches an audit checked.
package struct AuditedTask: Sendable {
    package var taskID: TaskID
    /// Which round of which run the task is, by its own `task_info`; nil for one that trains no model.
    package var round: TrainingRound?
    /// Seconds in a unit of report times.
    package var timePrecision: UInt64
    /// What it does not promise, under the audit's policy. No verdict depends on it.
    package var weaknesses: [TaskWeakness]
}

/// The public check of one batch.
package struct BatchAudit: Sendable {
    package enum Verdict: Sendable {
        /// Every check passed: this is the only result that the commitments allow.
        case verified(AggregateValue)
        /// At least one check failed.
        case failed([Finding])
        /// Data that the check needs is not there: no verdict either way.
        case unverified([String])
        /// The batch is closed, or not even that, but not collected.
        case unfinished(String)
    }

    /// One failed check, and whom a signature convicts of it (nobody, where no signature does).
    package struct Finding: Sendable, Equatable {
        package var culprits: [Role]
        package var text: String
    }

    /// Whether a check failed.
    package var isFailed: Bool { if case .failed = verdict { true } else { false } }

    package var taskID: TaskID
    package var selector: BatchSelector
    package var count: UInt64
    package var verdict: Verdict
}

/// Why an audit could not be carried out at all.
package enum AuditError: Error, Sendable {
    /// The checkpoint could not be fetched or read.
    case checkpointUnavailable(String)
    /// The checkpoint is not signed as the policy demands.
    case checkpointRejected(PolicyVerdict)
    /// The log's data does not hash to the checkpoint.
    case logDamaged(String)
    /// The log's data cannot be read, or a part of it is missing.
    case logUnreadable(String)
    /// The log has no such task.
    case unknownTask(TaskID)
    /// The log or the policy is not the one that the task names.
    case otherLog(String)
    /// The batch's result is not there yet, or does not pass the audit.
    case notVerified(String)
}

extension AuditError {
    /// What it means that entries could not be read.
    static func reading(_ error: any Error) -> AuditError {
        switch error {
        case let error as AuditError: error
        case let error as LogReaderError: .logDamaged("\(error)")
        case let error as MerkleError: .logDamaged("\(error)")
        default: .logUnreadable("\(error)")
        }
    }
}

extension AuditError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .checkpointUnavailable(let reason): "no checkpoint: \(reason)"
        case .checkpointRejected(let verdict): "the policy does not accept the checkpoint:\n\(verdict)"
        case .logDamaged(let reason): "the log's entries do not match its checkpoint: \(reason)"
        case .logUnreadable(let reason): "the log cannot be read: \(reason)"
        case .unknownTask(let id): "the log has no task \(id)"
        case .otherLog(let reason): reason
        case .notVerified(let reason): "the batch's result is not verified: \(reason)"
        }
    }
}

extension LogPolicy {
    /// A log's newest checkpoint, if this policy accepts it.
    func acceptedCheckpoint(
        from source: any TileSource
    ) async throws(AuditError) -> (checkpoint: SignedCheckpoint, verdict: PolicyVerdict) {
        let checkpoint: SignedCheckpoint
        do {
            checkpoint = try await LogReader.fetchCheckpoint(from: source)
        } catch {
            throw .checkpointUnavailable("\(error)")
        }
        let verdict = evaluate(checkpoint)
        guard verdict.isAccepted else { throw .checkpointRejected(verdict) }
        return (checkpoint, verdict)
    }
}
