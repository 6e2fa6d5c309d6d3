import DAP
import TransparencyLog

/// One task as the log tells it: its leaves, closes and statements, gathered in a single pass over the entries.
///
/// Only entries before a `close` can be leaves of that batch; a report that was rejected or withdrawn before
/// it is none.
struct TaskLedger {
    /// What the public check needs of one report leaf.
    struct Leaf {
        var reportID: ReportID
        /// Position in the log.
        var index: UInt64
        var leafHash: [UInt8]
        var leaderCommitment: [UInt8]
        var helperCommitment: [UInt8]
        var batchID: BatchID?
        var time: UInt64
        /// Nil where the claim key's signature does not hold.
        var claimKey: [UInt8]?
        var isRejected = false
        var isWithdrawn = false
        var isClosed = false

        /// Neither rejected nor withdrawn.
        var counts: Bool { !isRejected && !isWithdrawn }
    }

    struct ClosedBatch {
        var close: CloseEntry
        /// Position of the close in the log.
        var index: UInt64
        var terms: CloseEntry.Terms { close.terms }
        /// Positions in `leaves`.
        var members: [Int]
        var findings: [BatchAudit.Finding] = []
        var statements: BatchEntry?
    }

    let task: ValidatedTask
    let keys: StatementKeys
    /// Whether the owner whom the task names has signed its id.
    let isSignedByOwner: Bool
    private(set) var leaves: [Leaf] = []
    private(set) var closed: [ClosedBatch] = []
    private(set) var rounds: [RoundEntry] = []
    private(set) var models: [ModelEntry] = []
    private(set) var payouts: [PayoutEntry] = []
    /// The first entry that reveals λ, and its position in the log.
    private(set) var reveal: (entry: RevealEntry, index: UInt64)?
    private(set) var notes: [String] = []
    private var positions: [ReportID: Int] = [:]

    init(task: ValidatedTask, keys: StatementKeys, isSignedByOwner: Bool) {
        self.task = task
        self.keys = keys
        self.isSignedByOwner = isSignedByOwner
        if task.cairn.ownerKey != nil, !isSignedByOwner {
            // A leader may have left it out. Who reads the log shall know before anything is owed.
            notes.append(
                "the entry of task \(task.taskID.base64URL) lacks the signature of the owner whom it names; the task "
                    + "gives no payouts")
        }
    }

    /// A committed task's empty ledger; `nil` for tasks that promise no public check, or that are not valid.
    init?(_ entry: TaskEntry) {
        guard let configuration = try? TaskConfiguration(decoding: entry.configuration),
            let task = try? configuration.validated(), task.isCommitted, let keys = task.cairn.statementKeys
        else { return nil }
        self.init(task: task, keys: keys, isSignedByOwner: entry.isSigned(for: task))
    }

    /// - Parameter claimKey: the report's, if its signature holds.
    mutating func add(_ report: ReportEntry, at index: UInt64, leafHash: [UInt8], claimKey: [UInt8]?) {
        guard positions[report.metadata.reportID] == nil else {
            notes.append("report \(report.metadata.reportID) is logged twice; the second leaf counts for nothing")
            return
        }
        if closed.contains(where: { report.belongs(to: $0.terms.selector) }) {
            notes.append("report \(report.metadata.reportID) was logged after its batch closed and counts for nothing")
            return
        }
        positions[report.metadata.reportID] = leaves.count
        leaves.append(
            Leaf(
                reportID: report.metadata.reportID, index: index, leafHash: leafHash,
                leaderCommitment: report.leaderCommitment, helperCommitment: report.helperCommitment,
                batchID: report.batchID, time: report.metadata.time, claimKey: claimKey))
    }

    mutating func add(_ rejected: RejectedEntry) {
        guard let key = keys[rejected.role], rejected.isSigned(by: key) else {
            notes.append("a `rejected` entry for report \(rejected.reportID) is not validly signed; it is ignored")
            return
        }
        guard let position = positions[rejected.reportID] else { return }
        if leaves[position].isClosed {
            notes.append("report \(rejected.reportID) was rejected after its batch closed; the close stands")
            return
        }
        leaves[position].isRejected = true
    }

    mutating func add(_ withdrawal: WithdrawalEntry) {
        // Of a report that was never logged, the withdrawal says that it never will be.
        guard let position = positions[withdrawal.reportID] else { return }
        guard withdrawal.isSigned, withdrawal.claimKey == leaves[position].claimKey else {
            notes.append(
                "a `withdrawal` of report \(withdrawal.reportID) is not signed by its claim key; it is ignored")
            return
        }
        if leaves[position].isClosed {
            notes.append("report \(withdrawal.reportID) was withdrawn after its batch closed; the close stands")
            return
        }
        leaves[position].isWithdrawn = true
    }

    mutating func add(_ close: CloseEntry, at index: UInt64) {
        guard close.isSigned(leaderKey: keys.leader, helperKey: keys.helper) else {
            notes.append("a `close` entry without both aggregators' valid signatures is ignored")
            return
        }
        guard let scope = BatchScope(close.terms.selector) else {
            notes.append("a `close` entry with an unreadable batch selector is ignored")
            return
        }
        let members = leaves.indices.filter { leaves[$0].counts && scope.contains(leaves[$0]) }
        var batch = ClosedBatch(close: close, index: index, members: members)
        if let earlier = closed.first(where: { BatchScope($0.terms.selector)?.overlaps(scope) ?? false }) {
            guard earlier.terms != close.terms else { return }
            batch.findings.append(
                .init(culprits: [.leader, .helper], text: "both aggregators signed a second close of the same bucket"))
        }
        var root = BatchRoot()
        for member in members { root.append(leafHash: leaves[member].leafHash) }
        if root.root != close.terms.root || root.count != close.terms.count {
            // The leader orders the log: it can slip a leaf in between the helper's signature and the close. So this
            // convicts the leader alone, who logged a close that does not fit its own log.
            batch.findings.append(
                .init(
                    culprits: [.leader],
                    text: "the leader logged a close of \(close.terms.count) reports whose root is not that of the "
                        + "\(root.count) report leaves before it"))
        } else {
            for member in members where leaves[member].claimKey == nil {
                batch.findings.append(
                    .init(
                        culprits: [.leader, .helper],
                        text: "report \(leaves[member].reportID) has no valid claim key, but both aggregators closed "
                            + "over it"))
            }
        }
        for member in members { leaves[member].isClosed = true }
        closed.append(batch)
    }

    mutating func add(_ statements: BatchEntry) {
        guard
            let position = closed.firstIndex(where: {
                $0.statements == nil && $0.terms.selector == statements.leader.terms.selector
            })
        else {
            notes.append("a `batch` entry without a `close` before it is ignored")
            return
        }
        closed[position].statements = statements
    }

    mutating func add(_ round: RoundEntry) {
        guard let owner = task.cairn.ownerKey, round.isSigned(by: owner) else {
            notes.append("a `round` entry that the task's owner did not sign is ignored")
            return
        }
        rounds.append(round)
    }

    mutating func add(_ model: ModelEntry) {
        guard let owner = task.cairn.ownerKey, model.isSigned(by: owner) else {
            notes.append("a `model` entry that the task's owner did not sign is ignored")
            return
        }
        models.append(model)
    }

    mutating func add(_ payout: PayoutEntry) {
        guard let owner = task.cairn.ownerKey, payout.isSigned(by: owner) else {
            notes.append("a `payout` entry that the task's owner did not sign is ignored")
            return
        }
        payouts.append(payout)
    }

    mutating func add(_ entry: RevealEntry, at index: UInt64) {
        guard entry.opens(task.cairn) else {
            notes.append("a `reveal` entry of another λ than the task's is ignored")
            return
        }
        if reveal == nil { reveal = (entry, index) }
    }

    /// Scopes with accepted leaves that no close covers yet.
    func openBatches() -> [(selector: BatchSelector, count: UInt64)] {
        let open = leaves.indices.filter { leaves[$0].counts && !leaves[$0].isClosed }
        let scopes = Dictionary(grouping: open) { position -> BatchScope in
            leaves[position].batchID.map(BatchScope.batch)
                ?? .interval(Interval(start: leaves[position].time, duration: 1))
        }
        return scopes.map { ($0.key.selector, UInt64($0.value.count)) }
            .sorted { $0.selector.config.lexicographicallyPrecedes($1.selector.config) }
    }
}

extension BatchScope {
    fileprivate func contains(_ leaf: TaskLedger.Leaf) -> Bool {
        switch self {
        case .interval(let interval): leaf.batchID == nil && interval.contains(leaf.time)
        case .batch(let id): leaf.batchID == id
        }
    }
}
