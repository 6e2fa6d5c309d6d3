import DAP
import Datastore
import Ledger
import Logging
import TransparencyLog

/// Why the helper's view of the leader's log does not reach far enough.
enum FollowError: Error, Equatable {
    /// This helper has not cosigned a checkpoint of that size; the log has to ask its witness first.
    case notCosigned(size: UInt64, needed: UInt64)
    /// What the log serves does not belong to the tree that it had cosigned.
    case unverifiable(String)
    /// The published checkpoint does not satisfy the task's policy.
    case noQuorum(String)
    /// The witnesses' clocks do not confirm the time that the leader states.
    case clocksApart(LeaderTime.Finding)
    /// The log has a word of this helper that its database does not know: it was restored from a backup.
    case forgotten(String)
    /// The log could not be fetched.
    case unreachable(String)
    case database(DatastoreError)

    /// What the leader is told. What can pass by itself is 503; what the leader has to mend is 409.
    func problem(_ task: NodeTask) -> any Error {
        switch self {
        case .notCosigned(let size, let needed):
            NodeError.http(
                409,
                "This helper has cosigned the log up to size \(size), not \(needed); ask its witness first.",
                taskID: task.id)
        case .unverifiable(let reason):
            NodeError.http(409, "The log does not verify: \(reason).", taskID: task.id)
        case .noQuorum(let reason):
            NodeError.http(
                409, "The published checkpoint does not satisfy the task's policy: \(reason).", taskID: task.id)
        case .clocksApart(let finding):
            NodeError.http(409, "The published checkpoint is not accepted: \(finding).", taskID: task.id)
        case .forgotten(let reason):
            NodeError.unavailable("This helper is stopped: \(reason).", retryAfter: 600, taskID: task.id)
        case .unreachable(let reason):
            NodeError.unavailable("The log cannot be read: \(reason).", retryAfter: 1, taskID: task.id)
        case .database(let error): error
        }
    }
}

/// Reads the leader's log as a real follower: every entry once, in order, hashed up to a checkpoint that this helper
/// cosigned as a witness. Which trees are consistent with each other is the witness's knowledge; what is in them is
/// the follower's.
///
/// It remembers what the helper decides by, and by the rules by which every reader of the log decides (`TaskLedger`): the
/// first leaf of each report behind its task's entry, who rejected or withdrew it, and the first close of each bucket.
/// Where the log has this helper's own signature under something that the database does not know, the database is an old
/// copy, and the helper stops.
actor LogFollower {
    /// Of the log that counts for this node's tasks, and the only one that is asked about them.
    nonisolated let origin: String
    private let source: any TileSource
    private let store: any HelperStore & WitnessStore
    private let ownKeys: (statement: [UInt8], cosigner: NoteVerifier?)
    private let halt: HaltSwitch
    private let logger: Logger
    private var reading: Task<UInt64, any Error>?
    /// Of tasks whose entry the log has, the keys that it names.
    private var statementKeys: [TaskID: StatementKeys] = [:]

    /// Entries that are stored at once.
    private static let chunk: UInt64 = 1_024

    init(context: NodeContext, source: any TileSource) {
        origin = context.configuration.log.origin
        self.source = source
        store = context.store
        let cosigner: NoteVerifier? =
            if case .witness(let cosigner) = context.keys.note { cosigner.verifier } else { nil }
        ownKeys = (context.keys.statementPublicKey, cosigner)
        halt = context.halt
        logger = context.logger
    }

    /// Reads what is new up to the newest cosigned checkpoint.
    ///
    /// - Parameter needed: how far the caller needs to see; nothing is fetched where that is known already.
    func catchUp(to needed: UInt64? = nil) async throws(FollowError) {
        do {
            var size = try await store.helperLogPosition(origin: origin)?.size ?? 0
            if let needed, size >= needed { return }
            size = try await read()
            if let needed, size < needed { throw FollowError.notCosigned(size: size, needed: needed) }
        } catch {
            throw Self.explain(error)
        }
    }

    /// Reads up to the checkpoint that the log publishes, and requires that it has the policy's quorum, states a time that
    /// the witnesses confirm, and is of the history that was read.
    ///
    /// What lies in front of it is fixed for everybody: as long as two quorums share an honest witness, nobody can show
    /// this helper another history, however much of its own it has forgotten.
    ///
    /// - Returns: the checkpoint's size.
    func quorumSize(of task: NodeTask, policy: LogPolicy, leaderKey: [UInt8]) async throws(FollowError) -> UInt64 {
        do {
            let published = try await fetchPublished()
            let verdict = policy.evaluate(published)
            if let failure = verdict.failure { throw FollowError.noQuorum("\(failure)") }
            // A policy may name several logs, and their witnesses one for each.
            if let violation = TaskLogRule.otherLog(than: task.validated, policy: policy, verdict: verdict) {
                throw FollowError.noQuorum(violation)
            }
            guard published.checkpoint.origin == origin else {
                throw FollowError.unverifiable("the published checkpoint is of \(published.checkpoint.origin)")
            }
            let time = LeaderTime.judge(published, leaderKey: leaderKey, policy: policy)
            guard time.isConfirmed else { throw FollowError.clocksApart(time) }
            try await catchUp(to: published.checkpoint.size)
            let head = try await cosignedHead() ?? .empty
            let reader = LogReader(source: source, head: head)
            guard try await reader.root(size: published.checkpoint.size) == published.checkpoint.root else {
                throw FollowError.unverifiable(
                    "the published checkpoint is not of the history that this helper cosigned")
            }
            return published.checkpoint.size
        } catch {
            throw Self.explain(error)
        }
    }

    /// Looks whether the log's checkpoint carries this helper's signature under more than the helper remembers.
    func examinePublished() async throws(FollowError) {
        do { _ = try await fetchPublished() } catch { throw Self.explain(error) }
    }

    private func fetchPublished() async throws -> SignedCheckpoint {
        let published = try await LogReader.fetchCheckpoint(from: source)
        if let cosigner = ownKeys.cosigner, published.checkpoint.origin == origin,
            let contradiction = OwnCheckpoint(key: cosigner).contradiction(
                of: published, to: try await cosignedHead())
        {
            throw try await forgotten(contradiction)
        }
        return published
    }

    private func forgotten(_ reason: String) async throws -> FollowError {
        await halt.halt(reason)
        return .forgotten(reason)
    }

    /// One reading at a time: each waits for the one before it, and finds little left to do.
    private func read() async throws -> UInt64 {
        let previous = reading
        let task = Task {
            _ = await previous?.result
            return try await readNewEntries()
        }
        reading = task
        return try await task.value
    }

    private func cosignedHead() async throws -> TreeHead? {
        try await store.witnessedLog(origin: origin)?.latest.map { TreeHead(size: $0.size, root: $0.root) }
    }

    private func readNewEntries() async throws -> UInt64 {
        let start = try await store.helperLogPosition(origin: origin)
        guard let head = try await cosignedHead(), head.size > start?.size ?? 0 else { return start?.size ?? 0 }
        var range = try start.map { try CompactRange(decoding: $0.range) } ?? CompactRange()
        var stored = range.size
        var found: [FollowedEntry] = []
        var words: Set<HelperWord> = []
        // Believed with the chunk that has the entry: what is read again after a failure must find the same.
        var newKeys: [TaskID: StatementKeys] = [:]
        for try await entry in LogReader(source: source, head: head).entries(range.size..<head.size) {
            range.append(leafHash: entry.leafHash)
            if let followed = try await follow(entry, &words, &newKeys) { found.append(followed) }
            guard range.size == head.size || range.size - stored >= Self.chunk else { continue }
            if range.size == head.size, range.root != head.root {
                throw FollowError.unverifiable("what was read before is not the beginning of the cosigned tree")
            }
            if let word = try await store.forgottenWord(of: words) {
                throw try await forgotten(Self.text(of: word))
            }
            words = []
            let position = HelperLogPosition(size: range.size, range: range.encoded())
            guard try await store.advanceHelperLog(origin: origin, previous: stored, to: position, entries: found)
            else {
                throw DatastoreError.conflict("another process reads the log into the same database")
            }
            statementKeys.merge(newKeys) { known, _ in known }
            newKeys = [:]
            stored = range.size
            found = []
        }
        logger.debug("read the log", metadata: ["size": "\(stored)"])
        return stored
    }

    /// What an entry tells the helper; nil for what does not count, by the rules of `TaskLedger`.
    ///
    /// - Parameter words: gets what this helper itself has signed.
    private func follow(
        _ entry: LogEntry, _ words: inout Set<HelperWord>, _ newKeys: inout [TaskID: StatementKeys]
    ) async throws -> FollowedEntry? {
        // An entry that cannot be read is one that no reader counts, so it does not concern the helper either.
        switch try? LedgerEntry(decoding: entry.bytes) {
        case .task(let task):
            guard let configuration = try? TaskConfiguration(decoding: task.configuration),
                let validated = try? configuration.validated(), validated.isCommitted,
                let keys = validated.cairn?.statementKeys, try await self.keys(of: validated.taskID, newKeys) == nil
            else { return nil }
            newKeys[validated.taskID] = keys
            return .task(validated.taskID, index: entry.index, keys: keys)
        case .report(let report):
            guard try await keys(of: report.taskID, newKeys) != nil else { return nil }
            return .report(
                report.taskID, report.metadata.reportID, index: entry.index, time: report.metadata.time,
                batchID: report.batchID, leafHash: entry.leafHash, claimKey: report.metadata.claimKey?.publicKey)
        case .rejected(let rejected):
            guard let keys = try await keys(of: rejected.taskID, newKeys), let key = keys[rejected.role],
                rejected.isSigned(by: key)
            else { return nil }
            if key == ownKeys.statement { words.insert(.rejected(rejected.taskID, rejected.reportID)) }
            return .rejected(rejected.taskID, rejected.reportID, index: entry.index)
        case .withdrawal(let withdrawal):
            guard try await keys(of: withdrawal.taskID, newKeys) != nil, withdrawal.isSigned else { return nil }
            return .withdrawal(
                withdrawal.taskID, withdrawal.reportID, index: entry.index, claimKey: withdrawal.claimKey)
        case .close(let close):
            guard let keys = try await keys(of: close.terms.taskID, newKeys),
                close.isSigned(leaderKey: keys.leader, helperKey: keys.helper),
                let scope = BatchScope(close.terms.selector), scope.namesBuckets
            else { return nil }
            if keys.helper == ownKeys.statement { words.insert(.close(close.terms)) }
            return .close(close.terms.taskID, index: entry.index, scope: scope, entry: entry.bytes)
        case .batch(let batch):
            for statement in [batch.leader, batch.helper] {
                guard let keys = try await keys(of: statement.terms.taskID, newKeys), keys.helper == ownKeys.statement,
                    statement.isSigned(by: ownKeys.statement), let scope = BatchScope(statement.terms.selector)
                else { continue }
                words.insert(.statement(statement.terms.taskID, scope))
            }
            return nil
        default:
            return nil
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

    private static func text(of word: HelperWord) -> String {
        let (what, task) =
            switch word {
            case .close(let terms): ("a close", terms.taskID)
            case .statement(let task, _): ("a statement about a share", task)
            case .rejected(let task, let report): ("a rejection of report \(report.base64URL)", task)
            }
        return "the log has \(what) of task \(task.base64URL) under its signature, and its database does not know it"
    }

    private static func explain(_ error: any Error) -> FollowError {
        switch error {
        case let error as FollowError: error
        case let error as DatastoreError: .database(error)
        case let error as LogReaderError: .unverifiable(String(describing: error))
        case let error as MerkleError: .unverifiable(String(describing: error))
        case let error as TileSourceError: .unreachable(String(describing: error))
        case let error as CheckpointError: .unverifiable(String(describing: error))
        default: .unreachable(String(describing: error))
        }
    }
}
