import DAP
import Encodings
import Tasks
import TransparencyLog

/// Decides from the log whether a promise was kept. Needs no node and no secret: whoever has the file can convict.
///
/// A promised report must stand in the log as a `report` leaf that counts, as `rejected` by one of the aggregators, or
/// as `withdrawal` by its claim key. The proof that the leader broke its word consists of the leader's signatures alone:
/// the promise, and a checkpoint on which the leader itself states a time past the deadline (`LeaderTime`) over a
/// complete log that has none of these. Until the leader states such a time there is only an overdue promise, whatever
/// other people's clocks say.
package struct PromiseJudge: Sendable {
    private let source: any TileSource
    private let policy: LogPolicy
    private let newest: @Sendable () async -> [SignedCheckpoint]

    /// - Parameters:
    ///   - source: the log.
    ///   - newest: asks the policy's witnesses for the newest checkpoints that they have seen; called once, and only
    ///     where what the log itself shows leaves the promise overdue.
    package init(
        source: any TileSource, policy: LogPolicy, newest: @escaping @Sendable () async -> [SignedCheckpoint] = { [] }
    ) {
        self.source = source
        self.policy = policy
        self.newest = newest
    }

    /// - Parameters:
    ///   - file: a `HeldPromise`.
    ///   - now: POSIX seconds.
    /// - Throws: `AuditError` where there is no checkpoint, or the policy does not accept it.
    package func judge(file: [UInt8], now: UInt64) async throws(AuditError) -> PromiseVerdict {
        let held: HeldPromise
        do throws(UploadPromise.Failure) { held = try HeldPromise(parsing: file) } catch {
            return .void("\(error)")
        }
        let published: SignedCheckpoint
        do { published = try await LogReader.fetchCheckpoint(from: source) } catch {
            throw .checkpointUnavailable("\(error)")
        }
        let verdict = try await judge(held, by: published, now: now)
        guard case .overdue = verdict else { return verdict }
        // The log may hide its newest checkpoint from us; the witnesses do not.
        let origin = published.checkpoint.origin
        for checkpoint in await newest() where ProtocolText.same(checkpoint.checkpoint.origin, origin) {
            let other = try? await judge(held, by: checkpoint, now: now)
            switch other {
            case .kept?, .broken?: return other ?? verdict
            default: continue
            }
        }
        return verdict
    }

    private func judge(
        _ held: HeldPromise, by checkpoint: SignedCheckpoint, now: UInt64
    ) async throws(AuditError) -> PromiseVerdict {
        let policyVerdict = policy.evaluate(checkpoint)
        var search = PromiseSearch(held)
        // A conviction needs no quorum, so a checkpoint without one is read, too, if the leader states a time on it.
        let mayConvict = search.leaderKey.map { LeaderTime.latest(on: checkpoint, leaderKey: $0) != nil } ?? false
        guard policyVerdict.isAccepted || mayConvict else { throw .checkpointRejected(policyVerdict) }
        do {
            let reader = LogReader(source: source, head: checkpoint.checkpoint.head)
            for try await leaf in reader.entries(0..<checkpoint.checkpoint.size) {
                guard let entry = try? LedgerEntry(decoding: leaf.bytes) else { continue }
                search.add(entry, leaf)
            }
        } catch {
            return .unverified(
                "the log is not complete up to its checkpoint of \(checkpoint.checkpoint.size) entries: \(error)")
        }
        return search.verdict(checkpoint, policy: policy, isAccepted: policyVerdict.isAccepted, now: now)
    }
}

/// What a log says about a promise.
package enum PromiseVerdict: Sendable, Equatable {
    /// An entry ends the report as promised.
    case kept(by: String, index: UInt64)
    /// The deadline has not come.
    case pending(deadline: UInt64)
    /// The deadline has passed, and the log does not have the report, but the leader has stated no time after the
    /// deadline: ask for a newer checkpoint, then judge again.
    case overdue(deadline: UInt64, reason: String)
    /// The leader itself stated a time after the deadline on a log without the report: its signatures convict it.
    case broken(deadline: UInt64, seen: UInt64, reason: String)
    /// A part of the log is missing: no verdict either way.
    case unverified(String)
    /// The file is no promise by the leader of its task.
    case void(String)
}

/// One pass over the entries for one promised report.
private struct PromiseSearch {
    private let held: HeldPromise
    private let id: ReportID
    /// What the enclosed configuration says; a file of version 1 has none.
    private let enclosed: TaskLedger?
    private var ledger: TaskLedger?
    private var kept: PromiseVerdict?
    /// What the log has instead of what was promised.
    private var remarks: [String] = []

    init(_ held: HeldPromise) {
        self.held = held
        id = held.entry.metadata.reportID
        enclosed = held.configuration.flatMap { try? TaskConfiguration(decoding: $0) }.flatMap { TaskLedger($0) }
    }

    var leaderKey: [UInt8]? { enclosed?.keys.leader }

    mutating func add(_ entry: LedgerEntry, _ leaf: LogEntry) {
        guard kept == nil else { return }
        switch entry {
        case .task(let task):
            guard ledger == nil, let found = TaskLedger(task), found.task.taskID == held.promise.taskID else { return }
            ledger = found
        case .close(let close) where close.terms.taskID == held.promise.taskID:
            guard let keys = ledger?.keys else { return }
            ledger?.add(
                close, at: leaf.index, isSigned: close.isSigned(leaderKey: keys.leader, helperKey: keys.helper))
        case .report(let report) where report.taskID == held.promise.taskID && report.metadata.reportID == id:
            add(report, leaf)
        case .rejected(let rejected) where rejected.taskID == held.promise.taskID && rejected.reportID == id:
            guard let key = ledger?.keys[rejected.role], rejected.isSigned(by: key) else {
                remarks.append("entry \(leaf.index) rejects it without the \(rejected.role)'s signature")
                return
            }
            kept = .kept(by: "rejected", index: leaf.index)
        case .withdrawal(let withdrawal) where withdrawal.taskID == held.promise.taskID && withdrawal.reportID == id:
            guard withdrawal.isSigned, withdrawal.claimKey == held.entry.verifiedClaimKey() else {
                remarks.append("entry \(leaf.index) withdraws it without its claim key's signature")
                return
            }
            kept = .kept(by: "withdrawal", index: leaf.index)
        default: return
        }
    }

    private mutating func add(_ report: ReportEntry, _ leaf: LogEntry) {
        guard ledger != nil else {
            remarks.append("entry \(leaf.index) is a leaf that counts for nothing, in front of its task's entry")
            return
        }
        let before = ledger?.leaves.count
        ledger?.add(
            report, at: leaf.index, leafHash: leaf.leafHash, isSigned: report.signedClaim?.isValid == true)
        guard ledger?.leaves.count != before else {
            remarks.append("entry \(leaf.index) is a leaf that counts for nothing, behind its batch's close")
            return
        }
        guard report.withoutBatch == held.entry else {
            remarks.append("entry \(leaf.index) is a leaf of its id with another claim key, commitment or time")
            return
        }
        kept = .kept(by: "report", index: leaf.index)
    }

    func verdict(_ checkpoint: SignedCheckpoint, policy: LogPolicy, isAccepted: Bool, now: UInt64) -> PromiseVerdict {
        guard let known = enclosed ?? ledger else {
            return .void(
                "its task is not known: this file of version 1 names only an id, and the log has no task "
                    + held.promise.taskID.base64URL)
        }
        guard let log = known.task.cairn?.logKey, let verifier = try? NoteVerifier(vkey: log) else {
            return .void("its task names no log")
        }
        do throws(UploadPromise.Failure) {
            try held.promise.verify(leaderKey: known.keys.leader, origin: verifier.name)
        } catch {
            return .void("\(error)")
        }
        guard (try? checkpoint.note.verify(with: [verifier])) != nil else {
            return .unverified("this log is not its task's: \(verifier.name) has not signed the checkpoint")
        }
        if let kept, isAccepted { return kept }

        let deadline = held.promise.deadline
        let missing = ledger == nil ? "the log does not even have its task" : "the log does not have the report"
        let reason = ([missing] + remarks).joined(separator: "; ")
        let stated = LeaderTime.latest(on: checkpoint, leaderKey: known.keys.leader)
        if kept == nil, let stated, stated > deadline {
            return .broken(deadline: deadline, seen: stated, reason: reason)
        }
        guard now > deadline else { return .pending(deadline: deadline) }
        let finding = LeaderTime.judge(checkpoint, leaderKey: known.keys.leader, policy: policy)
        let why: String =
            if finding.isConfirmed { "the newest checkpoint is from before the deadline" } else { "\(finding)" }
        return .overdue(deadline: deadline, reason: "\(reason); \(why)")
    }
}
