import DAP
import Ed25519
import TransparencyLog

/// The one pass of an audit over all entries of a log.
extension Auditor {
    /// Entries that are looked at together: enough for their signatures to be cheap, and the same memory whatever the
    /// log's length.
    static let windowLength = 1024

    /// Every entry is hashed into the tree before it is believed, and told to its task in log order.
    func readLedgers(
        _ reader: LogReader, wanted: TaskID?, progress: @Sendable (UInt64, UInt64) -> Void
    ) async throws(AuditError) -> (ledgers: [TaskLedger], notes: [String]) {
        let head = reader.head
        var tasks = LedgersOfTasks()
        var notes: [String] = []
        var window: [(entry: LedgerEntry, leaf: LogEntry)] = []
        do {
            for try await leaf in reader.entries(0..<head.size) {
                if leaf.index % 256 == 0 { progress(leaf.index, head.size) }
                guard let entry = try? LedgerEntry(decoding: leaf.bytes) else {
                    notes.append("entry \(leaf.index) cannot be read and is ignored")
                    continue
                }
                if case .task(let task) = entry {
                    // What stands before it is not about the task, even in the same window.
                    tasks.add(window, threads: threads)
                    window = []
                    tasks.add(task, wanted: wanted)
                    continue
                }
                window.append((entry, leaf))
                if window.count == Self.windowLength {
                    tasks.add(window, threads: threads)
                    window = []
                }
            }
        } catch {
            throw .reading(error)
        }
        tasks.add(window, threads: threads)
        progress(head.size, head.size)
        return (tasks.inOrder, notes)
    }
}

/// The tasks of a log, as far as it has been read.
private struct LedgersOfTasks {
    private var order: [TaskID] = []
    private var ledgers: [TaskID: TaskLedger] = [:]

    var inOrder: [TaskLedger] { order.compactMap { ledgers[$0] } }

    mutating func add(_ task: TaskEntry, wanted: TaskID?) {
        guard let ledger = TaskLedger(task), wanted == nil || wanted == ledger.task.taskID,
            ledgers[ledger.task.taskID] == nil
        else { return }
        ledgers[ledger.task.taskID] = ledger
        order.append(ledger.task.taskID)
    }

    /// Tells entries to their tasks in log order. The signatures of which a log has many, those of reports and of what takes
    /// reports out, are checked together first; the others are few.
    mutating func add(_ window: [(entry: LedgerEntry, leaf: LogEntry)], threads: Int) {
        var signed: [SignedMessage] = []
        var signers: [Int] = []
        for (number, (entry, _)) in window.enumerated() {
            guard let signature = signature(of: entry) else { continue }
            signed.append(signature)
            signers.append(number)
        }
        var isSigned = [Bool](repeating: false, count: window.count)
        for (number, isValid) in zip(signers, SignedMessage.areValid(signed, threads: threads)) {
            isSigned[number] = isValid
        }
        for (number, (entry, leaf)) in window.enumerated() { add(entry, leaf, isSigned: isSigned[number]) }
    }

    /// Nil for entries whose task is unknown, that have no such signature, or that cannot be signed at all.
    private func signature(of entry: LedgerEntry) -> SignedMessage? {
        switch entry {
        case .report(let report) where ledgers[report.taskID] != nil: report.signedClaim
        case .rejected(let rejected): ledgers[rejected.taskID]?.signature(of: rejected)
        case .withdrawal(let withdrawal) where ledgers[withdrawal.taskID] != nil: withdrawal.signed
        default: nil
        }
    }

    private mutating func add(_ entry: LedgerEntry, _ leaf: LogEntry, isSigned: Bool) {
        switch entry {
        case .report(let report):
            ledgers[report.taskID]?.add(report, at: leaf.index, leafHash: leaf.leafHash, isSigned: isSigned)
        case .rejected(let rejected): ledgers[rejected.taskID]?.add(rejected, isSigned: isSigned)
        case .withdrawal(let withdrawal): ledgers[withdrawal.taskID]?.add(withdrawal, isSigned: isSigned)
        case .close(let close): ledgers[close.terms.taskID]?.add(close, at: leaf.index)
        case .batch(let batch):
            // The leader chose the pair: each statement is its own aggregator's, and may be another task's.
            for statement in [batch.leader, batch.helper] { ledgers[statement.terms.taskID]?.add(statement) }
            ledgers[batch.leader.terms.taskID]?.add(pair: batch)
        case .round(let round): ledgers[round.taskID]?.add(round)
        case .model(let model): ledgers[model.taskID]?.add(model)
        case .payout(let payout): ledgers[payout.taskID]?.add(payout)
        case .reveal(let reveal): ledgers[reveal.taskID]?.add(reveal, at: leaf.index)
        case .task, .unknown: return
        }
    }
}
