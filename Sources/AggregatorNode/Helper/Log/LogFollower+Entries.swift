import DAP
import Datastore
import Ledger
import Tasks
import TransparencyLog

// What the entries of a log tell a helper. (The type, which reads them, is in `LogFollower.swift`.)

extension LogFollower {
    /// Puts what an entry tells the helper into the window, by the rules of `TaskLedger`; nothing for what does not count.
    func follow(
        _ entry: LogEntry, _ window: inout FollowedWindow, _ newKeys: inout [TaskID: StatementKeys]
    ) async throws {
        // An entry that cannot be read is one that no reader counts, so it does not concern the helper either.
        switch try? LedgerEntry(decoding: entry.bytes) {
        case .task(let task):
            guard let configuration = try? TaskConfiguration(decoding: task.configuration),
                let validated = try? configuration.validated(), validated.isCommitted,
                let keys = validated.cairn?.statementKeys, try await self.keys(of: validated.taskID, newKeys) == nil
            else { return }
            newKeys[validated.taskID] = keys
            window.add(.task(validated.taskID, index: entry.index, keys: keys))
        case .report(let report):
            guard try await keys(of: report.taskID, newKeys) != nil else { return }
            window.add(
                .report(
                    report.taskID, report.metadata.reportID, index: entry.index, time: report.metadata.time,
                    batchID: report.batchID, leafHash: entry.leafHash, claimKey: report.metadata.claimKey?.publicKey))
        case .rejected(let rejected):
            guard let keys = try await keys(of: rejected.taskID, newKeys), let key = keys[rejected.role] else { return }
            window.add(
                .rejected(rejected.taskID, rejected.reportID, index: entry.index),
                // What this node has said as the leader of its own tasks, others may copy into their logs.
                word: key == ownKeys.statement && rejected.role == .helper
                    ? .rejected(rejected.taskID, rejected.reportID) : nil,
                signed: [rejected.signed(by: key)])
        case .withdrawal(let withdrawal):
            guard try await keys(of: withdrawal.taskID, newKeys) != nil else { return }
            window.add(
                .withdrawal(
                    withdrawal.taskID, withdrawal.reportID, index: entry.index, claimKey: withdrawal.claimKey),
                signed: [withdrawal.signed])
        case .close(let close):
            guard let keys = try await keys(of: close.terms.taskID, newKeys),
                let scope = BatchScope(close.terms.selector), scope.namesBuckets
            else { return }
            window.add(
                .close(close.terms.taskID, index: entry.index, scope: scope, entry: entry.bytes),
                word: keys.helper == ownKeys.statement ? .close(close.terms) : nil,
                signed: close.signed(leaderKey: keys.leader, helperKey: keys.helper))
        case .batch(let batch):
            for statement in [batch.leader, batch.helper] {
                guard let keys = try await keys(of: statement.terms.taskID, newKeys), keys.helper == ownKeys.statement,
                    let scope = BatchScope(statement.terms.selector)
                else { continue }
                window.add(
                    nil, word: .statement(statement.terms.taskID, scope),
                    signed: [statement.signed(by: ownKeys.statement)])
            }
        default: return
        }
    }

    /// The keys that the log's entry of a task names; nil as long as the log has none.
    private func keys(
        of task: TaskID, _ newKeys: [TaskID: StatementKeys]
    ) async throws -> StatementKeys? {
        if let known = statementKeys[task] ?? newKeys[task] { return known }
        let keys = try await store.loggedTask(task, in: origin)?.keys
        statementKeys[task] = keys
        return keys
    }

    static func text(of word: HelperWord) -> String {
        let (what, task) =
            switch word {
            case .close(let terms): ("a close", terms.taskID)
            case .statement(let task, _): ("a statement about a share", task)
            case .rejected(let task, let report): ("a rejection of report \(report.base64URL)", task)
            }
        return "the log has \(what) of task \(task.base64URL) under its signature, and its database does not know it"
    }
}
