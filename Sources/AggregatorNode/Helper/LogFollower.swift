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
    /// No checkpoint with the policy's quorum covers the entry yet.
    case noQuorum(index: UInt64)
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
        case .noQuorum(let index):
            NodeError.http(
                409, "No published checkpoint with the policy's quorum covers entry \(index).", taskID: task.id)
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
/// It remembers what the helper decides by: where each report is logged, who rejected or withdrew it, and the closes.
actor LogFollower {
    private let origin: String
    private let source: any TileSource
    private let store: any HelperStore & WitnessStore
    private let registry: TaskRegistry
    private let logger: Logger
    private var reading: Task<UInt64, any Error>?

    /// Entries that are stored at once.
    private static let chunk: UInt64 = 1_024

    init(
        origin: String, source: any TileSource, store: any HelperStore & WitnessStore, registry: TaskRegistry,
        logger: Logger
    ) {
        self.origin = origin
        self.source = source
        self.store = store
        self.registry = registry
        self.logger = logger
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

    /// Requires that the checkpoint which the log publishes has the policy's quorum, covers an entry, and is of the
    /// same history.
    func requireQuorum(over index: UInt64, policy: LogPolicy) async throws(FollowError) {
        do {
            let published = try await LogReader.fetchCheckpoint(from: source)
            guard published.checkpoint.size > index, policy.evaluate(published).isAccepted else {
                throw FollowError.noQuorum(index: index)
            }
            let head = try await cosignedHead() ?? .empty
            guard head.size >= published.checkpoint.size else {
                throw FollowError.notCosigned(size: head.size, needed: published.checkpoint.size)
            }
            let reader = LogReader(source: source, head: head)
            guard try await reader.root(size: published.checkpoint.size) == published.checkpoint.root else {
                throw FollowError.unverifiable(
                    "the published checkpoint is not of the history that this helper cosigned")
            }
        } catch {
            throw Self.explain(error)
        }
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
        for try await entry in LogReader(source: source, head: head).entries(range.size..<head.size) {
            range.append(leafHash: entry.leafHash)
            if let followed = try await follow(entry) { found.append(followed) }
            guard range.size == head.size || range.size - stored >= Self.chunk else { continue }
            if range.size == head.size, range.root != head.root {
                throw FollowError.unverifiable("what was read before is not the beginning of the cosigned tree")
            }
            let position = HelperLogPosition(size: range.size, range: range.encoded())
            guard try await store.advanceHelperLog(origin: origin, previous: stored, to: position, entries: found)
            else {
                throw DatastoreError.conflict("another process reads the log into the same database")
            }
            stored = range.size
            found = []
        }
        logger.debug("read the log", metadata: ["size": "\(stored)"])
        return stored
    }

    /// What an entry tells the helper; nil for what does not concern it.
    private func follow(_ entry: LogEntry) async throws -> FollowedEntry? {
        // An entry that cannot be read is one that no reader counts, so it does not concern the helper either.
        switch try? LedgerEntry(decoding: entry.bytes) {
        case .report(let report):
            return .report(
                report.taskID, report.metadata.reportID, index: entry.index, time: report.metadata.time,
                batchID: report.batchID, leafHash: entry.leafHash, claimKey: report.metadata.claimKey?.publicKey)
        case .rejected(let rejected):
            guard let keys = try await registry.task(rejected.taskID)?.parameters.statementKeys,
                let key = keys[rejected.role],
                rejected.isSigned(by: key)
            else { return nil }
            return .rejected(rejected.taskID, rejected.reportID, index: entry.index)
        case .withdrawal(let withdrawal):
            guard withdrawal.isSigned else { return nil }
            return .withdrawal(
                withdrawal.taskID, withdrawal.reportID, index: entry.index, claimKey: withdrawal.claimKey)
        case .close(let close):
            return .close(close.terms.taskID, index: entry.index, entry: entry.bytes)
        default:
            return nil
        }
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
