import DAP
import Ed25519
import Tasks
import TransparencyLog

/// One task as the log tells it: its leaves, closes and statements, gathered in a single pass over the entries.
///
/// The order of the log decides, and the leader orders the log. So that nobody can choose afterwards what counts, every
/// rule speaks of what comes *first* (`Protocols/log-entries.md`, section 'What counts'), and the helper keeps the same
/// rules before it signs (`LogFollower`):
///
/// - entries about a task count from its `task` entry on;
/// - the first leaf of a report id is the only one, whatever becomes of it;
/// - a leaf counts for nothing behind the close of its bucket, and so does one that is rejected or withdrawn before that
///   close, be it in front of the leaf or behind it;
/// - the first doubly signed close of a bucket fixes it; a later one that shares a bucket with it is void.
///
/// How closes and statements are judged is in `TaskLedger+Closes.swift`.
struct TaskLedger {
    /// The close that fixes some buckets, with what the log says about them.
    struct ClosedBatch {
        var close: CloseEntry
        /// Position of the close in the log.
        var index: UInt64
        var terms: CloseEntry.Terms { close.terms }
        /// Positions in `leaves`.
        var members: [Int]
        /// What speaks against the close. Nothing can be claimed from a batch with a finding.
        var findings: [BatchAudit.Finding] = []
        /// Every statement about the batch that its aggregator has signed, wherever it is logged, each once.
        var statements: [Statement] = []
        /// The first `batch` entry whose two statements both hold.
        var pair: BatchEntry?
    }

    /// A signature that convicts, outside of any batch that counts.
    struct Conviction {
        var selector: BatchSelector
        var count: UInt64
        var finding: BatchAudit.Finding
    }

    struct ConvictedStatement: Hashable {
        var role: Role
        var selector: BatchSelector
    }

    let task: ValidatedTask
    let keys: StatementKeys
    /// Whether the owner whom the task names has signed its id.
    let isSignedByOwner: Bool
    var leaves: [LoggedLeaf] = []
    var closed: [ClosedBatch] = []
    var convictions: [Conviction] = []
    /// Whom they convict of which statement, so that each is said once.
    var convicted: Set<ConvictedStatement> = []
    /// What the owner has signed, of all types, in log order.
    private var ofOwner: [any OwnerEntry] = []
    /// The first entry that reveals λ, and its position in the log.
    private(set) var reveal: (entry: RevealEntry, index: UInt64)?
    var notes = Remarks()
    /// Every report id that has a leaf, with the position of the leaf if it counted when it came.
    private var positions: [UInt128: Int?] = [:]
    /// Reports that were rejected before they had a leaf, and those that the holder of a claim key has withdrawn.
    private var rejectedEarly: Set<ReportID> = []
    private var withdrawn: Set<SignedWithdrawal> = []

    private struct SignedWithdrawal: Hashable {
        var reportID: ReportID
        var claimKey: [UInt8]
    }
    /// Leaves by the bucket that they fall into, in log order.
    var buckets: [Bucket: [Int]] = [:]
    var closedScopes = ClosedScopes()
    /// Positions in `closed`.
    var closedTerms: [CloseEntry.Terms: Int] = [:]

    /// A batch, or one unit of time.
    enum Bucket: Hashable {
        case batch(BatchID)
        case time(UInt64)
    }

    /// An empty ledger; nil for tasks that have none (``task(of:)``).
    init?(_ task: ValidatedTask, isSignedByOwner: Bool) {
        guard let keys = task.cairn?.statementKeys else { return nil }
        self.task = task
        self.keys = keys
        self.isSignedByOwner = isSignedByOwner
        if task.cairn?.ownerKey != nil, !isSignedByOwner {
            // A leader may have left it out. Who reads the log shall know before anything is owed.
            notes.append(
                "the entry of task \(task.taskID.base64URL) lacks the signature of the owner whom it names; the task "
                    + "gives no payouts")
        }
    }

    /// A committed task's empty ledger; `nil` for tasks that promise no public check, or that are not valid.
    init?(_ entry: TaskEntry) {
        guard let configuration = try? TaskConfiguration(decoding: entry.configuration),
            let task = Self.task(of: configuration)
        else { return nil }
        self.init(task, isSignedByOwner: entry.isSigned(for: task))
    }

    /// What a log would tell about a task whose entry nobody has seen.
    init?(_ configuration: TaskConfiguration) {
        guard let task = Self.task(of: configuration) else { return nil }
        self.init(task, isSignedByOwner: false)
    }

    /// The task, if it is valid and committed: others promise no public check.
    static func task(of configuration: TaskConfiguration) -> ValidatedTask? {
        guard let task = try? configuration.validated(), task.isCommitted, task.cairn?.statementKeys != nil else {
            return nil
        }
        return task
    }

    // MARK: Reports

    /// - Parameter isSigned: whether its claim key has signed its commitments.
    mutating func add(_ report: ReportEntry, at index: UInt64, leafHash: [UInt8], isSigned: Bool) {
        let id = report.metadata.reportID
        guard positions[id.packed] == nil else {
            notes.append("report \(id) is logged twice; the second leaf counts for nothing")
            return
        }
        guard !closedScopes.contains(batchID: report.batchID, time: report.metadata.time) else {
            // It is the report's leaf all the same: another one later must not count either.
            positions[id.packed] = .some(nil)
            notes.append("report \(id) was logged after its batch closed and counts for nothing")
            return
        }
        positions[id.packed] = leaves.count
        let named = report.metadata.claimKey?.publicKey
        // Leaves share the batch id of their bucket.
        var bucket = report.batchID.map(Bucket.batch) ?? .time(report.metadata.time)
        if let known = buckets.index(forKey: bucket) { bucket = buckets[known].key }
        buckets[bucket, default: []].append(leaves.count)
        var leaf = LoggedLeaf(report, in: bucket, at: index, leafHash: leafHash, isSigned: isSigned)
        leaf.isRejected = rejectedEarly.contains(id)
        leaf.isWithdrawn = named.map { withdrawn.contains(.init(reportID: id, claimKey: $0)) } ?? false
        leaves.append(leaf)
    }

    /// The signature that makes a rejection count, to be checked by the caller; nil where it names no aggregator.
    func signature(of rejected: RejectedEntry) -> SignedMessage? { keys[rejected.role].map { rejected.signed(by: $0) } }

    /// - Parameter isSigned: whether `signature(of:)` holds.
    mutating func add(_ rejected: RejectedEntry, isSigned: Bool) {
        guard isSigned else {
            notes.append("a `rejected` entry for report \(rejected.reportID) is not validly signed; it is ignored")
            return
        }
        guard let leaf = positions[rejected.reportID.packed] else {
            rejectedEarly.insert(rejected.reportID)
            return
        }
        guard let position = leaf else { return }
        if leaves[position].isClosed {
            notes.append("report \(rejected.reportID) was rejected after its batch closed; the close stands")
            return
        }
        leaves[position].isRejected = true
    }

    /// - Parameter isSigned: whether the claim key that it names has signed it.
    mutating func add(_ withdrawal: WithdrawalEntry, isSigned: Bool) {
        let leaf = positions[withdrawal.reportID.packed] ?? nil
        guard isSigned else {
            notes.append("a `withdrawal` of report \(withdrawal.reportID) is not validly signed; it is ignored")
            return
        }
        if let leaf, leaves[leaf].isClosed, leaves[leaf].namedClaimKey == withdrawal.claimKey {
            notes.append("report \(withdrawal.reportID) was withdrawn after its batch closed; the close stands")
            return
        }
        // Of a report that was never logged, the withdrawal says that it never will be. Under another claim key than the
        // leaf's, it is about another report of that id.
        withdrawn.insert(.init(reportID: withdrawal.reportID, claimKey: withdrawal.claimKey))
        guard let leaf else { return }
        guard withdrawal.claimKey == leaves[leaf].namedClaimKey else {
            notes.append(
                "a `withdrawal` of report \(withdrawal.reportID) is not signed by its claim key; it is ignored")
            return
        }
        leaves[leaf].isWithdrawn = true
    }

    /// The report's leaf, if it counted when it came.
    func leaf(of report: ReportID) -> LoggedLeaf? { (positions[report.packed] ?? nil).map { leaves[$0] } }

    /// Whether a report that has no leaf was rejected, or one under its id was.
    func isRejected(_ report: ReportID) -> Bool {
        rejectedEarly.contains(report) || leaf(of: report)?.isRejected == true
    }

    /// Whether a report that has no leaf was withdrawn with this claim key.
    func isWithdrawn(_ report: ReportID, by claimKey: [UInt8]) -> Bool {
        withdrawn.contains(.init(reportID: report, claimKey: claimKey))
    }

    // MARK: Entries of the owner, and whether the owner whom the task names has signed them

    mutating func add(_ entry: any OwnerEntry, isSigned: Bool) {
        guard isSigned else {
            notes.append("a `\(type(of: entry).type)` entry that the task's owner did not sign is ignored")
            return
        }
        ofOwner.append(entry)
    }

    /// Those of one type, in log order.
    func entries<Entry: OwnerEntry>(_ type: Entry.Type) -> [Entry] { ofOwner.compactMap { $0 as? Entry } }

    var rounds: [RoundEntry] { entries(RoundEntry.self) }
    var models: [ModelEntry] { entries(ModelEntry.self) }
    var payouts: [PayoutEntry] { entries(PayoutEntry.self) }

    mutating func add(_ entry: RevealEntry, at index: UInt64) {
        guard let cairn = task.cairn, entry.opens(cairn) else {
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
