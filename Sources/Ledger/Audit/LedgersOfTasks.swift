import DAP
import Ed25519
import Tasks
import TransparencyLog

/// The tasks of a log, as far as it has been read: entries are told to their tasks in log order, a window at a time.
struct LedgersOfTasks {
    /// Whose signatures count in a task.
    private struct Signers {
        var statement: StatementKeys
        var owner: [UInt8]?
    }

    /// The only task that is asked for; nil for all.
    private let wanted: TaskID?
    private let threads: Int
    private var order: [TaskID] = []
    private var ledgers: [TaskID: TaskLedger] = [:]
    /// Of the tasks whose entry has been read, that in the window included.
    private var signers: [TaskID: Signers] = [:]
    /// Tasks in the window, until their entry's turn comes: what stands before it is not about the task.
    private var waiting: [TaskID: ValidatedTask] = [:]
    private var window = LogWindow()

    init(wanted: TaskID?, threads: Int) {
        self.wanted = wanted
        self.threads = threads
    }

    /// In the order of their entries. Call ``finish()`` first.
    var inOrder: [TaskLedger] { order.compactMap { ledgers[$0] } }

    mutating func add(_ entry: LedgerEntry, _ leaf: LogEntry) {
        guard let signatures = signatures(of: entry) else { return }
        window.add(entry, leaf, signatures: signatures)
        if window.isFull { finish() }
    }

    /// Tells the tasks what is in the window.
    mutating func finish() {
        var window = window
        self.window = LogWindow()
        window.empty(threads: threads) { item, areValid in tell(item, areValid) }
    }

    // MARK: Which signatures to check

    /// Nil for entries that are about no task that is known so far, and so count for nothing.
    private mutating func signatures(of entry: LedgerEntry) -> [SignedMessage?]? {
        switch entry {
        case .task(let task): newTask(task).map { [task.signed(for: $0)] }
        case .report(let report): signers[report.taskID].map { _ in [report.signedClaim] }
        case .rejected(let rejected):
            signers[rejected.taskID].map { [$0.statement[rejected.role].map { rejected.signed(by: $0) }] }
        case .withdrawal(let withdrawal): signers[withdrawal.taskID].map { _ in [withdrawal.signed] }
        case .close(let close):
            signers[close.terms.taskID].map {
                close.signed(leaderKey: $0.statement.leader, helperKey: $0.statement.helper)
            }
        case .batch(let batch): signatures(of: batch)
        case .reveal(let reveal): signers[reveal.taskID].map { _ in [] }
        default:
            (entry.body as? any OwnerEntry).flatMap { owned in
                signers[owned.taskID].map { [$0.owner.map { owned.signed(by: $0) }] }
            }
        }
    }

    /// The leader chose the pair: each statement is its own aggregator's, and may be another task's.
    private func signatures(of batch: BatchEntry) -> [SignedMessage?]? {
        let statements = [batch.leader, batch.helper]
        guard statements.contains(where: { signers[$0.terms.taskID] != nil }) else { return nil }
        return statements.map { statement in
            signers[statement.terms.taskID]?.statement[statement.role].map { statement.signed(by: $0) }
        }
    }

    /// The task of an entry, if it is the first one of a task that is asked for and has a ledger.
    private mutating func newTask(_ entry: TaskEntry) -> ValidatedTask? {
        // Its id is a hash of a few bytes: whatever else is looked at, is so once for every task.
        let id = Taskprov.taskID(of: entry.configuration)
        guard wanted == nil || wanted == id, signers[id] == nil,
            let configuration = try? TaskConfiguration(decoding: entry.configuration),
            let task = TaskLedger.task(of: configuration), let keys = task.cairn?.statementKeys
        else { return nil }
        signers[id] = Signers(statement: keys, owner: task.cairn?.ownerKey)
        waiting[id] = task
        return task
    }

    // MARK: Telling

    private mutating func tell(_ item: LogWindow.Item, _ areValid: [Bool]) {
        let isSigned = areValid.allSatisfy { $0 }
        switch item.entry {
        case .task(let entry):
            let id = Taskprov.taskID(of: entry.configuration)
            guard let task = waiting.removeValue(forKey: id) else { return }
            ledgers[id] = TaskLedger(task, isSignedByOwner: isSigned)
            order.append(id)
        case .report(let report):
            ledgers[report.taskID]?.add(report, at: item.index, leafHash: item.leafHash, isSigned: isSigned)
        case .rejected(let rejected): ledgers[rejected.taskID]?.add(rejected, isSigned: isSigned)
        case .withdrawal(let withdrawal): ledgers[withdrawal.taskID]?.add(withdrawal, isSigned: isSigned)
        case .close(let close): ledgers[close.terms.taskID]?.add(close, at: item.index, isSigned: isSigned)
        case .batch(let batch):
            for (statement, isValid) in zip([batch.leader, batch.helper], areValid) {
                ledgers[statement.terms.taskID]?.add(statement, isSigned: isValid)
            }
            ledgers[batch.leader.terms.taskID]?.add(pair: batch, areSigned: isSigned)
        case .reveal(let reveal): ledgers[reveal.taskID]?.add(reveal, at: item.index)
        default:
            guard let owned = item.entry.body as? any OwnerEntry else { return }
            ledgers[owned.taskID]?.add(owned, isSigned: isSigned)
        }
    }
}
