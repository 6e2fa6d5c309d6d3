import Datastore
import NodeAPI
import Requests
import TransparencyLog

/// Asks one witness to cosign checkpoints (C2SP tlog-witness).
///
/// The witness cosigns only what extends the tree that it cosigned last, so each request proves that. Which tree that
/// was we remember, and where we are wrong the witness says so (409).
actor WitnessClient {
    /// Where a witness is, and the keys that it may sign with.
    struct Endpoint: Sendable {
        /// The submission prefix, without a slash at its end.
        let prefix: String
        let keys: [NoteVerifier]
        /// The other aggregator of some task, which reads the log no further than it has cosigned.
        let isPeer: Bool
        /// The other aggregator of all tasks: without it nothing goes on, so it is asked again and again. One of several must
        /// not hold up the others' tasks.
        let isNeeded: Bool
        /// Asks it.
        let client: PeerClient
    }

    private let context: NodeContext
    private var witnessedSize: UInt64?
    /// Since when the witness has not answered as it should, and for how long it is left alone.
    private var rest: (until: ContinuousClock.Instant, pause: Duration)?
    /// Whether its last answer was none, or came late: then the next is not waited for.
    private(set) var isSlow = false
    /// Whether its last answer was as it should be, and came late.
    private(set) var isLate = false

    /// An answer that takes longer is late.
    private static let promptness: Duration = .seconds(1)
    /// For how long one of several is asked.
    static let patience: Duration = .seconds(5)
    private static let firstPause: Duration = .seconds(1)
    private static let longestPause: Duration = .seconds(60)
    /// The tasks of a helper that is back wait for the next request to it.
    private static let longestHelperPause: Duration = .seconds(4)

    init(context: NodeContext) {
        self.context = context
    }

    /// Whether this witness failed so recently that asking it again would only cost time.
    var isResting: Bool { rest.map { $0.until > .now } ?? false }

    /// The witness's cosignatures on this checkpoint.
    func cosignatures(on checkpoint: SignedCheckpoint, from endpoint: Endpoint) async throws -> [VerifiedSignature] {
        let begin = ContinuousClock.now
        do {
            let signatures = try await exchange(checkpoint, endpoint)
            isLate = ContinuousClock.now - begin > Self.promptness
            (rest, isSlow) = (nil, isLate)
            return signatures
        } catch  where !(error is CancellationError) {
            (isSlow, isLate) = (true, false)
            let longest = endpoint.isPeer ? Self.longestHelperPause : Self.longestPause
            let pause = rest.map { min($0.pause * 2, longest) } ?? Self.firstPause
            if !endpoint.isNeeded { rest = (.now + pause, pause) }
            throw error
        }
    }

    private func exchange(
        _ checkpoint: SignedCheckpoint, _ endpoint: Endpoint
    ) async throws -> [VerifiedSignature] {
        let head = checkpoint.checkpoint.head
        var oldSize = min(try await lastWitnessed(), head.size)
        // One conflict corrects our memory; another could only come from a race with a second log keeper.
        for _ in 0..<3 {
            let response = try await ask(checkpoint, oldSize: oldSize, endpoint)
            switch try WitnessResponse(
                status: response.status, body: response.body, checkpoint: checkpoint, witnesses: endpoint.keys)
            {
            case .cosigned(let signatures):
                witnessedSize = head.size
                return signatures
            case .conflict(let latest):
                guard latest <= head.size else { throw try await ahead(latest, of: checkpoint, endpoint) }
                oldSize = latest
            case .refused(let status, let message):
                throw LogKeeperError.witnessRefused("\(endpoint.prefix): status \(status): \(message)")
            }
        }
        throw LogKeeperError.witnessRefused("\(endpoint.prefix): it keeps naming another size")
    }

    /// A witness says that it has cosigned more than we have. If its checkpoint carries our key's signature, we were restored
    /// from a backup, and stop; a number alone may be a lie, and stops nobody.
    private func ahead(
        _ latest: UInt64, of checkpoint: SignedCheckpoint, _ endpoint: Endpoint
    ) async throws -> LogKeeperError {
        let shown: SignedCheckpoint?
        do {
            shown = try await endpoint.newestCheckpoint(
                of: checkpoint.checkpoint.origin, endpoint.client, within: .seconds(10))
        } catch .cancelled {
            throw CancellationError()
        } catch {
            return .witnessRefused("\(endpoint.prefix) speaks of \(latest) entries, but: \(error.description)")
        }
        guard let shown else {
            return .witnessRefused("\(endpoint.prefix) speaks of \(latest) entries, and shows no checkpoint of so many")
        }
        do { try await ShownCheckpoints(context: context).examine(shown) } catch is NodeError {
            return .witnessAhead(witness: shown.checkpoint.size, own: checkpoint.checkpoint.size)
        }
        return .witnessRefused(
            "\(endpoint.prefix) speaks of \(latest) entries, and shows no checkpoint of so many that this log has signed"
        )
    }

    private func lastWitnessed() async throws -> UInt64 {
        if let witnessedSize { return witnessedSize }
        return try await context.store.cosignedCheckpoints(covering: 0, limit: 1).first?.size ?? 0
    }

    private func ask(
        _ checkpoint: SignedCheckpoint, oldSize: UInt64, _ endpoint: Endpoint
    ) async throws -> WebAnswer {
        let head = checkpoint.checkpoint.head
        var proof: [[UInt8]] = []
        if oldSize > 0, oldSize < head.size {
            let tiles = DirectoryTileSource(directory: context.configuration.logDirectory)
            proof = try await LogReader(source: tiles, head: head).consistencyProof(from: oldSize)
        }
        let request = AddCheckpointRequest(oldSize: oldSize, proof: proof, checkpoint: checkpoint)
        do {
            return try await endpoint.client.send(
                .POST, API.addCheckpoint.url(at: endpoint.prefix), body: request.serialized(),
                contentType: ContentType.text.header, authenticated: false, maxResponseBytes: BodyLimit.small,
                deadline: endpoint.isNeeded ? .seconds(20) : Self.patience)
        } catch .cancelled {
            throw CancellationError()
        } catch {
            throw LogKeeperError.witnessRefused(error.description)
        }
    }
}
