import DAP
import Ledger

/// The log that claims are held against. Each task is read once, however many claims are about it.
///
/// A claim by itself shows a `close` that both aggregators signed. It cannot show that the report leaves under it were
/// logged, that it is the first of its batch, or that the task is one that the log has: that takes the log.
package struct ClaimLog: Sendable {
    private let auditor: Auditor
    private var closed: [TaskID: [ClosedBatch]] = [:]

    package init(_ auditor: Auditor) {
        self.auditor = auditor
    }

    /// The closed batches of a task with whose `close` the audit finds no fault.
    ///
    /// - Throws: `.unknownTask`, `.otherLog` and what else keeps the log from being read.
    package mutating func closedBatches(of task: TaskID) async throws(AuditError) -> [ClosedBatch] {
        if let known = closed[task] { return known }
        let batches = try await auditor.closedBatches(of: task)
        closed[task] = batches
        return batches
    }

    /// Holds a claim's batches against the log.
    ///
    /// - Throws: `CreditError`, `.refused(.task, …)` or `.refused(.close, …)`, where the log says otherwise; `AuditError`
    ///   where it cannot be read.
    package mutating func confirm(_ evidence: ClaimEvidence) async throws {
        for batch in evidence.batches {
            let closed: [ClosedBatch]
            do throws(AuditError) {
                closed = try await closedBatches(of: batch.task.taskID)
            } catch .unknownTask(let id) {
                throw CreditError.refused(.task, "the log has no task \(id.base64URL)")
            } catch .otherLog(let reason) {
                throw CreditError.refused(.close, reason)
            }
            try evidence.confirm(batch, in: closed)
        }
    }
}

extension ClaimEvidence {
    /// - Parameter closed: the task's batches in the log, without those whose close the audit finds fault with.
    func confirm(_ batch: Batch, in closed: [ClosedBatch]) throws(CreditError) {
        guard let found = closed.first(where: { $0.terms == batch.terms }) else {
            throw .refused(
                .close,
                "the log does not have its close as the first one of its batch, or the audit finds fault with it")
        }
        guard batch.task.cairn?.ownerKey == nil || found.isSignedByOwner else {
            throw .refused(
                .task,
                "the log's entry of the task \(batch.task.taskID.base64URL) lacks the signature of the owner whom the "
                    + "task names, as entries of older versions do")
        }
    }
}
