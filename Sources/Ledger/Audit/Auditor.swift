import DAP
import Foundation
import TaskTypes
import TransparencyLog
import VDAF

/// Recomputes the public check of every batch from a log and its blobs alone (design promise P3).
///
/// The auditor trusts nothing but the policy: it fetches every entry, hashes them all up to a checkpoint that the policy
/// accepts, and then asks of each batch:
///
/// 1. Is its `close` the first that both aggregators signed for its buckets, over exactly the report leaves logged before
///    it, and within the task's bounds?
/// 2. Did each sign a statement about a share of that batch, and is that share there?
/// 3. Is each share an opening of the product of the contributors' commitments, within its range?
/// 4. Do the shares add up to a possible result?
///
/// A failure of 3 names the aggregator that signed the share. Where data is missing it says so and gives no verdict.
/// `TaskLedger` says what counts as first.
package struct Auditor: Sendable {
    package let source: any TileSource
    package let policy: LogPolicy
    let threads: Int

    /// Commitments that are decoded together.
    private static let pageLength = 1_024

    /// `source` serves `checkpoint`, tiles and `blob/<sha256>` below one prefix.
    ///
    /// - Parameter threads: how many threads share the checks of signatures; all processors by default.
    package init(
        source: any TileSource, policy: LogPolicy, threads: Int = ProcessInfo.processInfo.activeProcessorCount
    ) {
        self.source = source
        self.policy = policy
        self.threads = threads
    }

    /// Audits all committed tasks of the log, or only `taskID`.
    package func audit(
        taskID wanted: TaskID? = nil, progress: @Sendable (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in }
    ) async throws(AuditError) -> AuditReport {
        let (checkpoint, verdict) = try await policy.acceptedCheckpoint(from: source)
        let head = checkpoint.checkpoint.head
        let reader = LogReader(source: source, head: head)
        let (ledgers, notes) = try await readLedgers(reader, wanted: wanted, progress: progress)
        if let wanted, ledgers.isEmpty { throw .unknownTask(wanted) }

        var report = AuditReport(
            head: head, policyVerdict: verdict, batches: [], models: [], lineage: [], payouts: [], notes: notes)
        var own: [TaskLedger] = []
        for ledger in ledgers {
            report.tasks.append(
                AuditedTask(
                    taskID: ledger.task.taskID, round: ledger.task.configuration.trainingRound,
                    timePrecision: ledger.task.configuration.timePrecision,
                    weaknesses: TaskWeakness.all(of: ledger.task, policy: policy)))
            // Somebody else's log may leave anything out, and absence there convicts nobody. In the task's own log signatures
            // convict whatever the leader says, or does not say, about the time; only no result is taken then.
            let foreign = TaskLogRule.otherLog(than: ledger.task, policy: policy, verdict: verdict)
            if foreign == nil { own.append(ledger) }
            let violation = TaskLogRule.violation(
                of: ledger.task, policy: policy, checkpoint: checkpoint, verdict: verdict)
            for batch in ledger.closed {
                var audit = await check(batch, of: ledger)
                if let violation, foreign != nil || !audit.isFailed { audit.verdict = .unverified([violation]) }
                report.batches.append(audit)
            }
            for conviction in ledger.convictions {
                report.batches.append(
                    BatchAudit(
                        taskID: ledger.task.taskID, selector: conviction.selector, count: conviction.count,
                        verdict: foreign.map { .unverified([$0]) } ?? .failed([conviction.finding])))
            }
            for open in ledger.openBatches() {
                report.batches.append(
                    BatchAudit(
                        taskID: ledger.task.taskID, selector: open.selector, count: open.count,
                        verdict: .unfinished("not closed yet")))
            }
            report.models += ledger.models
            for payout in ledger.payouts { report.payouts.append(await check(payout)) }
            report.notes += ledger.notes.all(about: "task \(ledger.task.taskID.base64URL)")
        }
        let lineage = Lineage(own, batches: report.batches)
        report.lineage = lineage.findings
        report.notes += lineage.notes
        return report
    }

    /// What the log, up to its newest checkpoint, says about one task.
    ///
    /// - Throws: also `.unknownTask`, `.otherLog`.
    func ledger(
        of taskID: TaskID
    ) async throws(AuditError) -> (ledger: TaskLedger, checkpoint: SignedCheckpoint, reader: LogReader) {
        let (checkpoint, verdict) = try await policy.acceptedCheckpoint(from: source)
        let reader = LogReader(source: source, head: checkpoint.checkpoint.head)
        guard let ledger = try await readLedgers(reader, wanted: taskID, progress: { _, _ in }).ledgers.first else {
            throw .unknownTask(taskID)
        }
        if let violation = TaskLogRule.violation(
            of: ledger.task, policy: policy, checkpoint: checkpoint, verdict: verdict)
        {
            throw .otherLog(violation)
        }
        return (ledger, checkpoint, reader)
    }

    func check(_ batch: TaskLedger.ClosedBatch, of ledger: TaskLedger) async -> BatchAudit {
        var audit = BatchAudit(
            taskID: ledger.task.taskID, selector: batch.terms.selector, count: batch.terms.count,
            verdict: .unfinished("closed, but no statements are logged yet"))
        // Shares can only be held against the leaves that were closed over, so a bad close ends the check: to go on
        // would blame an honest aggregator for a sum over the right leaves.
        guard batch.findings.isEmpty else {
            audit.verdict = .failed(batch.findings)
            return audit
        }
        var findings: [BatchAudit.Finding] = []
        var missing: [String] = []
        var shares: [[UInt8]: [UInt8]] = [:]
        for statement in batch.statements {
            let isPaired = statement == batch.pair?.leader || statement == batch.pair?.helper
            switch await check(statement, in: batch, ledger: ledger) {
            case .share(let bytes): shares[statement.shareHash] = bytes
            case .finding(let finding): findings.append(finding)
            case .missing(let reason): if isPaired { missing.append(reason) }
            }
        }
        guard findings.isEmpty else {
            audit.verdict = .failed(findings)
            return audit
        }
        guard let pair = batch.pair else {
            if !batch.statements.isEmpty {
                audit.verdict = .unfinished(
                    "closed, but the log has no `batch` entry with both aggregators' statements")
            }
            return audit
        }
        guard let leader = shares[pair.leader.shareHash], let helper = shares[pair.helper.shareHash] else {
            audit.verdict = .unverified(missing)
            return audit
        }
        do {
            let vdaf = try makeTaskVDAF(ledger.task.vdaf)
            audit.verdict = .verified(try vdaf.unshard(leader: leader, helper: helper, count: batch.members.count))
        } catch {
            audit.verdict = .failed([
                .init(culprits: [], text: "both shares open the commitments, but their sum is out of range: \(error)")
            ])
        }
        return audit
    }

    private enum ShareOutcome {
        case share([UInt8])
        case finding(BatchAudit.Finding)
        case missing(String)
    }

    /// Checks the share behind one aggregator's statement.
    private func check(
        _ statement: Statement, in batch: TaskLedger.ClosedBatch, ledger: TaskLedger
    ) async -> ShareOutcome {
        let role = statement.role
        let share: [UInt8]
        do {
            share = try await source.tile(path: Blob.path(hash: statement.shareHash))
        } catch {
            return .missing("the \(role)'s share (\(Blob.path(hash: statement.shareHash))) is missing: \(error)")
        }
        guard Blob.hash(share) == statement.shareHash else {
            return .missing("the \(role)'s share (\(Blob.path(hash: statement.shareHash))) does not have its hash")
        }
        do {
            guard var check = try makeTaskVDAF(ledger.task.vdaf).makePublicCheck() else {
                return .missing("the task's type has no public check")
            }
            for start in stride(from: 0, to: batch.members.count, by: Self.pageLength) {
                let members = batch.members[start..<min(start + Self.pageLength, batch.members.count)]
                try check.add(
                    contentsOf: members.map { member in
                        let leaf = ledger.leaves[member]
                        return role == .leader ? leaf.leaderCommitment : leaf.helperCommitment
                    })
            }
            return outcome(of: check.check(aggregateShare: share, count: batch.members.count), share: share, role: role)
        } catch {
            return .finding(
                .init(
                    culprits: [.leader, .helper],
                    text: "a commitment in the batch does not decode, but both aggregators closed over it: \(error)"))
        }
    }

    private func outcome(of result: PublicCheckOutcome, share: [UInt8], role: Role) -> ShareOutcome {
        switch result {
        case .ok: .share(share)
        case .rangeViolation:
            .finding(.init(culprits: [role], text: "the \(role) signed a share with a coordinate out of its range"))
        case .commitmentMismatch:
            .finding(
                .init(
                    culprits: [role],
                    text: "the \(role) signed a share that does not open the product of the contributors' commitments"))
        case .undecodable:
            .finding(.init(culprits: [role], text: "the \(role) signed a share that cannot be decoded"))
        }
    }
}
