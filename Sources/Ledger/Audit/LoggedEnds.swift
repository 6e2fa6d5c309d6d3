import DAP
import TransparencyLog

/// What a log says about single reports of one task: which of them count, and which are out.
///
/// For contributors who must know it before they make another report of the same value. One pass over the log serves any
/// number of reports, and a later pass goes on where the last one ended, so waiting for an entry costs what is new.
///
/// The task's statement keys come from its configuration, which is as good as its id; nothing depends on the log's
/// `task` entry. Where two readings are possible, a report counts: that is the end after which nobody sends it again.
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

    private struct Search {
        let claimKey: [UInt8]
        /// The first leaf of the report's id, if it is the report's own.
        var leaf: ReportEntry?
        var isTaken = false
        var isClosed = false
        var isRejected = false
        var isWithdrawn = false
        /// Both before the leaf or without one.
        var wasRefused: End?

        var end: End? {
            guard leaf != nil else { return wasRefused }
            if isClosed { return .counts }
            return isWithdrawn ? .withdrawn : isRejected ? .rejected : .counts
        }
    }

    private let taskID: TaskID
    private let keys: StatementKeys
    private var searches: [ReportID: Search]
    private var closed: [BatchSelector] = []
    /// How many entries have been read.
    private var read: UInt64 = 0

    /// - Parameter claimKeys: the reports to look for, each with its public claim key.
    package init(taskID: TaskID, keys: StatementKeys, claimKeys: [ReportID: [UInt8]]) {
        self.taskID = taskID
        self.keys = keys
        searches = claimKeys.mapValues { Search(claimKey: $0) }
    }

    /// What is known about a report so far; nil where the log has nothing about it.
    package func end(of report: ReportID) -> End? { searches[report]?.end }

    /// Reads what the log has had since the last time, up to its newest checkpoint.
    ///
    /// - Parameter policy: which checkpoint to believe.
    /// - Throws: `AuditError` where the log cannot be read, or is not the policy's.
    package mutating func read(from source: any TileSource, policy: LogPolicy) async throws(AuditError) {
        let (checkpoint, _) = try await policy.acceptedCheckpoint(from: source)
        let head = checkpoint.checkpoint.head
        // The quorum vouches that a longer tree extends a shorter one.
        guard head.size > read else { return }
        do {
            for try await leaf in LogReader(source: source, head: head).entries(read..<head.size) {
                if let entry = try? LedgerEntry(decoding: leaf.bytes) { add(entry) }
            }
        } catch {
            throw .logDamaged("\(error)")
        }
        read = head.size
    }

    mutating func add(_ entry: LedgerEntry) {
        switch entry {
        case .report(let report) where report.taskID == taskID: add(report)
        case .rejected(let rejected) where rejected.taskID == taskID: add(rejected)
        case .withdrawal(let withdrawal) where withdrawal.taskID == taskID: add(withdrawal)
        case .close(let close) where close.terms.taskID == taskID: add(close)
        default: return
        }
    }

    private mutating func add(_ report: ReportEntry) {
        let id = report.metadata.reportID
        // The first leaf of an id is the one that counts, and none that comes behind its batch's close does.
        guard let search = searches[id], !search.isTaken,
            !closed.contains(where: { report.belongs(to: $0) })
        else { return }
        searches[id]?.isTaken = true
        guard report.verifiedClaimKey() == search.claimKey else { return }
        searches[id]?.leaf = report
    }

    private mutating func add(_ rejected: RejectedEntry) {
        guard let search = searches[rejected.reportID], let key = keys[rejected.role], rejected.isSigned(by: key) else {
            return
        }
        guard search.leaf != nil else {
            if search.wasRefused == nil { searches[rejected.reportID]?.wasRefused = .rejected }
            return
        }
        if !search.isClosed { searches[rejected.reportID]?.isRejected = true }
    }

    private mutating func add(_ withdrawal: WithdrawalEntry) {
        guard let search = searches[withdrawal.reportID], withdrawal.claimKey == search.claimKey, withdrawal.isSigned
        else { return }
        guard search.leaf != nil else {
            searches[withdrawal.reportID]?.wasRefused = .withdrawn
            return
        }
        if !search.isClosed { searches[withdrawal.reportID]?.isWithdrawn = true }
    }

    private mutating func add(_ close: CloseEntry) {
        guard close.isSigned(leaderKey: keys.leader, helperKey: keys.helper) else { return }
        closed.append(close.terms.selector)
        for (id, search) in searches {
            guard let leaf = search.leaf, leaf.belongs(to: close.terms.selector), !search.isRejected,
                !search.isWithdrawn
            else { continue }
            searches[id]?.isClosed = true
        }
    }
}
