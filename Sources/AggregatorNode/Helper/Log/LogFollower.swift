import DAP
import Datastore
import Encodings
import Ledger
import Logging
import ServiceLifecycle
import Tasks
import TransparencyLog

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
    /// Who keeps it.
    nonisolated let leader: BaseURL
    private let source: any TileSource
    let store: any HelperStore & WitnessStore
    /// Whether this log counts for a task.
    private let counts: @Sendable (TaskID) async throws -> Bool
    let ownKeys: (statement: [UInt8], cosigner: NoteVerifier?)
    private let halt: HaltSwitch
    private let workers: WorkerPool
    private let logger: Logger
    /// One reading at a time: each waits for the one before it, and finds little left to do.
    private let reading = Turns(places: 1)
    /// Of tasks whose entry the log has, the keys that it names.
    var statementKeys: [TaskID: StatementKeys] = [:]
    private var troubles: [Part: LogTrouble] = [:]

    /// What of a log can be wrong while the others are right: its entries, the checkpoint that it publishes, or that the
    /// checkpoint is of the entries' history.
    private enum Part: String {
        case entries, checkpoint, history
    }

    /// - Parameter leader: a peer that keeps a log.
    init(context: NodeContext, leader: Peer, source: any TileSource) {
        origin = leader.own.logOrigin
        self.leader = leader.settings.url
        self.source = source
        store = context.store
        counts = { [context] id in
            guard let task = try await context.registry.known(id), context.configuration.role(of: task) == .helper
            else {
                return false
            }
            return context.peer(of: task).settings.url == leader.settings.url
        }
        ownKeys = (context.keys.statementPublicKey, context.keys.noteKey(.helper))
        halt = context.halt
        workers = context.workers
        var logger = context.logger
        logger[metadataKey: "log"] = "\(origin)"
        logger[metadataKey: "leader"] = "\(leader.settings.url)"
        self.logger = logger
    }

    /// Reads what is new up to the newest cosigned checkpoint.
    ///
    /// - Parameter needed: how far the caller needs to see; nothing is fetched where that is known already.
    func catchUp(to needed: UInt64? = nil) async throws(FollowError) {
        let size: UInt64
        do {
            if let needed, try await store.helperLogPosition(origin: origin)?.size ?? 0 >= needed { return }
            size = try await reading.take { try await readNewEntries() }
        } catch {
            throw said(error, about: .entries)
        }
        if let needed, size < needed { throw .notCosigned(size: size, needed: needed) }
    }

    /// Reads up to the checkpoint that the log publishes, and requires that it has the policy's quorum, states a time that
    /// the witnesses confirm, and is of the history that was read.
    ///
    /// What lies in front of it is fixed for everybody: as long as two quorums share an honest witness, nobody can show
    /// this helper another history, however much of its own it has forgotten.
    ///
    /// It is what requests wait for, so it ends when the server begins to stop.
    ///
    /// - Returns: the checkpoint's size.
    func quorumSize(of task: NodeTask, policy: LogPolicy, leaderKey: [UInt8]) async throws(FollowError) -> UInt64 {
        do {
            return try await cancelWhenGracefulShutdown {
                try await self.publishedSize(of: task, policy: policy, leaderKey: leaderKey)
            }
        } catch {
            throw FollowError(error)
        }
    }

    private func publishedSize(
        of task: NodeTask, policy: LogPolicy, leaderKey: [UInt8]
    ) async throws(FollowError) -> UInt64 {
        let published: SignedCheckpoint
        do {
            published = try await fetchPublished()
            try check(published, task, policy, leaderKey)
        } catch {
            throw said(error, about: .checkpoint)
        }
        isOver(.checkpoint)
        let size = published.checkpoint.size
        try await catchUp(to: size)
        do {
            let reader = LogReader(source: source, head: try await cosignedHead() ?? .empty)
            guard try await reader.root(size: size) == published.checkpoint.root else {
                throw FollowError.unverifiable(
                    "the published checkpoint is not of the history that this helper cosigned")
            }
        } catch {
            throw said(error, about: .history)
        }
        isOver(.history)
        return size
    }

    /// Whether a checkpoint is one that a share may be released under, as far as it says so itself.
    private func check(
        _ published: SignedCheckpoint, _ task: NodeTask, _ policy: LogPolicy, _ leaderKey: [UInt8]
    ) throws(FollowError) {
        let verdict = policy.evaluate(published)
        if let failure = verdict.failure { throw .noQuorum("\(failure)") }
        // A policy may name several logs, and their witnesses one for each.
        if let violation = TaskLogRule.otherLog(than: task.validated, policy: policy, verdict: verdict) {
            throw .noQuorum(violation)
        }
        guard ProtocolText.same(published.checkpoint.origin, origin) else {
            throw .unverifiable("the published checkpoint is of \(published.checkpoint.origin.quotedForPeople)")
        }
        let time = LeaderTime.judge(published, leaderKey: leaderKey, policy: policy)
        guard time.isConfirmed else { throw .clocksApart(time) }
    }

    /// Looks whether the log's checkpoint carries this helper's signature under more than the helper remembers.
    func examinePublished() async throws(FollowError) {
        do { _ = try await fetchPublished() } catch { throw said(error, about: .checkpoint) }
        isOver(.checkpoint)
    }

    private func fetchPublished() async throws -> SignedCheckpoint {
        let published = try await LogReader.fetchCheckpoint(from: source)
        if let cosigner = ownKeys.cosigner, ProtocolText.same(published.checkpoint.origin, origin),
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

    private func cosignedHead() async throws -> TreeHead? {
        try await store.witnessedLog(origin: origin)?.latest.map { TreeHead(size: $0.size, root: $0.root) }
    }

    private func readNewEntries() async throws -> UInt64 {
        let start = try await store.helperLogPosition(origin: origin)
        guard let head = try await cosignedHead(), head.size > start?.size ?? 0 else { return start?.size ?? 0 }
        var range = try start.map { try CompactRange(decoding: $0.range) } ?? CompactRange()
        var stored = range.size
        var window = FollowedWindow()
        // Believed with the window that has the entry: what is read again after a failure must find the same.
        var newKeys: [TaskID: StatementKeys] = [:]
        for try await entry in LogReader(source: source, head: head).entries(range.size..<head.size) {
            // Files that are at hand are read without a pause that would notice it.
            if entry.index % 256 == 0 { try Task.checkCancellation() }
            range.append(leafHash: entry.leafHash)
            window.count(entry)
            try await follow(entry, &window, &newKeys)
            guard range.size == head.size || window.isFull else { continue }
            if range.size == head.size, range.root != head.root {
                throw FollowError.unverifiable("what was read before is not the beginning of the cosigned tree")
            }
            let (found, words) = try await workers.run { [window] in window.judged() }
            if let word = try await store.forgottenWord(of: words) {
                throw try await forgotten(Self.text(of: word))
            }
            let position = HelperLogPosition(size: range.size, range: range.encoded())
            var counting: Set<TaskID> = []
            for task in Set(found.filter(\.isEnding).map(\.task)) where try await counts(task) {
                counting.insert(task)
            }
            guard
                try await store.advanceHelperLog(
                    origin: origin, previous: stored, to: position, entries: found, counting: counting)
            else {
                // Another process of the node has read this: on from where it is now.
                return try await readNewEntries()
            }
            statementKeys.merge(newKeys) { known, _ in known }
            newKeys = [:]
            stored = range.size
            window = FollowedWindow()
        }
        logger.debug("read the log", metadata: ["size": "\(stored)"])
        isOver(.entries)
        return stored
    }

    // MARK: What is said about it

    /// What a failure means, after the operator has heard of it where it is news.
    private func said(_ error: any Error, about part: Part) -> FollowError {
        let error = FollowError(error)
        // Of a node that stops, or a caller who is gone, nothing follows for the log. A checkpoint need not be there yet, and
        // of a peer that does not answer the handshake speaks.
        guard !Task.isCancelled, part == .entries || error.isContradiction else { return error }
        if let line = troubles[part, default: LogTrouble()].found(error, at: .now) { log(line, part) }
        return error
    }

    private func isOver(_ part: Part) {
        if let line = troubles[part]?.isOver() { log(line, part) }
    }

    private func log(_ line: LogTrouble.Line, _ part: Part) {
        var metadata: Logger.Metadata = ["part": "\(part.rawValue)"]
        if let reason = line.reason { metadata["reason"] = "\(reason)" }
        if line.times > 1 { metadata["times"] = "\(line.times)" }
        logger.log(level: line.level, "\(line.text)", metadata: metadata)
    }
}
