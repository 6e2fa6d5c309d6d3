import DAP
import Tasks
import TransparencyLog

/// What a log says about single reports of one task: which of them count, and which are out.
///
/// For contributors who must know it before they make another report of the same value. What counts is decided by the
/// same ledger as in the audit, so that nobody can show a contributor an end that other readers do not see: in front of
/// the task's entry, behind a close, or in another log. One pass serves any number of reports, and a later pass goes on
/// where the last one ended, so waiting for an entry costs what is new.
package struct LoggedEnds: Sendable {
    /// Where a report stands.
    package enum End: Sendable, Equatable {
        /// Its leaf is there, and counts or will count once its batch is closed.
        case counts
        /// An aggregator has signed that it is out.
        case rejected
        /// Its claim key has signed that it is out.
        case withdrawn
    }

    private let task: ValidatedTask
    private let claimKeys: [ReportID: [UInt8]]
    /// The task as the log has told it so far, with no leaves but those of the reports; nil until its entry comes.
    private var ledger: TaskLedger?
    /// How many entries have been read.
    private var read: UInt64 = 0

    /// - Parameter claimKeys: the reports to look for, each with its public claim key.
    package init(task: ValidatedTask, claimKeys: [ReportID: [UInt8]]) {
        self.task = task
        self.claimKeys = claimKeys
    }

    /// What is known about a report so far; nil where the log has nothing about it.
    package func end(of report: ReportID) -> End? {
        guard let ledger, let claimKey = claimKeys[report] else { return nil }
        if let leaf = ledger.leaf(of: report), leaf.claimKey == claimKey {
            if leaf.isClosed { return .counts }
            return leaf.isWithdrawn ? .withdrawn : leaf.isRejected ? .rejected : .counts
        }
        // Without a leaf that counts; somebody else's under its id keeps its own from counting.
        if ledger.isWithdrawn(report, by: claimKey) { return .withdrawn }
        return ledger.isRejected(report) ? .rejected : nil
    }

    /// Reads what the log has had since the last time, up to its newest checkpoint.
    ///
    /// - Parameter policy: which checkpoint to believe; the task's own.
    /// - Throws: `AuditError` where the log cannot be read, or is not the task's.
    package mutating func read(from source: any TileSource, policy: LogPolicy) async throws(AuditError) {
        let (checkpoint, verdict) = try await policy.acceptedCheckpoint(from: source)
        if let violation = TaskLogRule.violation(
            of: task, policy: policy, checkpoint: checkpoint, verdict: verdict)
        {
            throw .otherLog(violation)
        }
        let head = checkpoint.checkpoint.head
        // The quorum vouches that a longer tree extends a shorter one.
        guard head.size > read else { return }
        do {
            for try await leaf in LogReader(source: source, head: head).entries(read..<head.size) {
                if let entry = try? LedgerEntry(decoding: leaf.bytes) { add(entry, leaf) }
            }
        } catch {
            throw .reading(error)
        }
        read = head.size
    }

    private mutating func add(_ entry: LedgerEntry, _ leaf: LogEntry) {
        switch entry {
        case .task(let entry):
            guard ledger == nil, let found = TaskLedger(entry), found.task.taskID == task.taskID else { return }
            ledger = found
        case .report(let report) where report.taskID == task.taskID:
            guard claimKeys[report.metadata.reportID] != nil else { return }
            ledger?.add(
                report, at: leaf.index, leafHash: leaf.leafHash, isSigned: report.signedClaim?.isValid == true)
        case .rejected(let rejected) where rejected.taskID == task.taskID:
            guard claimKeys[rejected.reportID] != nil else { return }
            let signature = ledger?.signature(of: rejected)
            ledger?.add(rejected, isSigned: signature?.isValid == true)
        case .withdrawal(let withdrawal) where withdrawal.taskID == task.taskID:
            guard claimKeys[withdrawal.reportID] != nil else { return }
            ledger?.add(withdrawal, isSigned: withdrawal.isSigned)
        case .close(let close) where close.terms.taskID == task.taskID:
            guard let keys = ledger?.keys else { return }
            ledger?.add(
                close, at: leaf.index, isSigned: close.isSigned(leaderKey: keys.leader, helperKey: keys.helper))
        default: return
        }
    }
}
