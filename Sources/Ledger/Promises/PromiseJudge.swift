import DAP
import TransparencyLog

/// Decides from the log whether a promise was kept. Needs no node and no secret: whoever has the file can convict.
///
/// A promised report must stand in the log as a `report` leaf that counts, as `rejected` by one of the aggregators, or
/// as `withdrawal` by its claim key. A checkpoint that witnesses cosigned after the deadline, over a log without any of
/// these, is the proof that the leader broke its word; before that there is only an overdue promise.
package struct PromiseJudge: Sendable {
    private let source: any TileSource
    private let policy: LogPolicy

    package init(source: any TileSource, policy: LogPolicy) {
        self.source = source
        self.policy = policy
    }

    /// - Parameters:
    ///   - file: a `HeldPromise`.
    ///   - now: POSIX seconds.
    /// - Throws: `AuditError` where the log cannot be read or is not the policy's.
    package func judge(file: [UInt8], now: UInt64) async throws(AuditError) -> PromiseVerdict {
        let held: HeldPromise
        do throws(UploadPromise.Failure) { held = try HeldPromise(parsing: file) } catch {
            return .void("\(error)")
        }
        let (checkpoint, verdict) = try await policy.acceptedCheckpoint(from: source)
        var search = PromiseSearch(held)
        do {
            let reader = LogReader(source: source, head: checkpoint.checkpoint.head)
            for try await leaf in reader.entries(0..<checkpoint.checkpoint.size) {
                guard let entry = try? LedgerEntry(decoding: leaf.bytes) else { continue }
                search.add(entry, leaf)
            }
        } catch {
            throw .logDamaged("\(error)")
        }
        return search.verdict(seen: Self.time(verdict), now: now)
    }

    /// The earliest time at which a witness of the policy says that it saw this log: none of them says less.
    private static func time(_ verdict: PolicyVerdict) -> UInt64? {
        verdict.witnesses.compactMap { witness in
            if case .valid(let timestamp?) = witness.outcome { timestamp } else { nil }
        }.min()
    }
}

/// What a log says about a promise.
package enum PromiseVerdict: Sendable, Equatable {
    /// An entry ends the report as promised.
    case kept(by: String, index: UInt64)
    /// The deadline has not come.
    case pending(deadline: UInt64)
    /// The deadline has passed, but no witness has cosigned the log since: ask one to, then judge again.
    case overdue(deadline: UInt64, reason: String)
    /// Witnesses cosigned the log after the deadline, and the report is not in it: the note convicts the leader.
    case broken(deadline: UInt64, seen: UInt64, reason: String)
    /// The file is no promise by the leader of this log's task.
    case void(String)
}

/// One pass over the entries for one promised report.
private struct PromiseSearch {
    private let held: HeldPromise
    private let id: ReportID
    private var ledger: TaskLedger?
    private var kept: PromiseVerdict?
    /// What the log has instead of what was promised.
    private var remarks: [String] = []

    init(_ held: HeldPromise) {
        self.held = held
        id = held.entry.metadata.reportID
    }

    mutating func add(_ entry: LedgerEntry, _ leaf: LogEntry) {
        guard kept == nil else { return }
        switch entry {
        case .task(let task):
            guard ledger == nil, let found = TaskLedger(task), found.task.taskID == held.promise.taskID else { return }
            ledger = found
        case .close(let close) where close.terms.taskID == held.promise.taskID: ledger?.add(close, at: leaf.index)
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
        let before = ledger?.leaves.count
        ledger?.add(
            report, at: leaf.index, leafHash: leaf.leafHash, claimKey: report.verifiedClaimKey())
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

    func verdict(seen: UInt64?, now: UInt64) -> PromiseVerdict {
        guard let ledger, let log = ledger.task.cairn.logKey, let verifier = try? NoteVerifier(vkey: log) else {
            return .void("the log has no task \(held.promise.taskID.base64URL)")
        }
        do throws(UploadPromise.Failure) {
            try held.promise.verify(leaderKey: ledger.keys.leader, origin: verifier.name)
        } catch {
            return .void("\(error)")
        }
        if let kept { return kept }
        let deadline = held.promise.deadline
        let reason = (["the log does not have the report"] + remarks).joined(separator: "; ")
        if let seen, seen > deadline { return .broken(deadline: deadline, seen: seen, reason: reason) }
        return now > deadline ? .overdue(deadline: deadline, reason: reason) : .pending(deadline: deadline)
    }
}
