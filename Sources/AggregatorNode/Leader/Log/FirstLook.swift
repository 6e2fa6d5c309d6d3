import NodeAPI
import TransparencyLog

/// What a leader asks its witnesses before it does anything that cannot be undone after a start: the newest checkpoint of
/// its log that they have cosigned.
///
/// A leader that was restored from a backup would else take the time from the clock, give up what was pending in the
/// backup, and sign a checkpoint of a history that has long gone on: its own signatures, against itself. Or promise reports,
/// and find out only when it publishes them that its log has ended. A witness that shows more of this log's signature than
/// the leader remembers stops it. One that does not answer is not waited for: reports are taken while the helper is down,
/// and the next checkpoint finds out what this look could not.
actor FirstLook {
    private let context: NodeContext
    private var look: Task<Void, any Error>?

    /// How long all witnesses together may take. Contributors wait meanwhile.
    private static let patience: Duration = .seconds(2)

    init(context: NodeContext) {
        self.context = context
    }

    /// Returns when the witnesses have been asked, at once after the first time.
    ///
    /// - Throws: `NodeError` 503 if the node is stopped; an error of the database, after which the next call asks again.
    func wait() async throws {
        let task = look ?? Task { [context] in try await Self.ask(context) }
        look = task
        do { try await task.value } catch {
            if look == task { look = nil }
            throw error
        }
        if context.halt.reason != nil { throw NodeError.unavailable("This node is stopped.", retryAfter: 600) }
    }

    private static func ask(_ context: NodeContext) async throws {
        let endpoints = WitnessRound.endpoints(try await context.logPolicies(), otherwise: context.outside)
        guard !endpoints.isEmpty else { return }
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        // Whoever answers later, or a byte at a time, is still heard, and not waited for.
        Task {
            await withTaskGroup(of: Void.self) { group in
                for endpoint in endpoints { group.addTask { await ask(endpoint, context) } }
            }
            end.finish()
        }
        Task {
            try? await Task.sleep(for: patience)
            end.finish()
        }
        for await _ in ends {}
    }

    private static func ask(_ endpoint: WitnessClient.Endpoint, _ context: NodeContext) async {
        guard let origin = context.keys.log?.verifier.name else { return }
        let shown = try? await endpoint.newestCheckpoint(of: origin, endpoint.client, within: patience)
        if let shown { try? await ShownCheckpoints(context: context).examine(shown) }
    }
}

extension WitnessClient.Endpoint {
    /// The newest checkpoint of a log that this witness says it has cosigned; nil where it shows none.
    func newestCheckpoint(
        of origin: String, _ peer: PeerClient, within deadline: Duration
    ) async throws(PeerError) -> SignedCheckpoint? {
        let response = try await peer.send(
            .GET, API.witnessed.url(at: prefix, API.originName(origin)), authenticated: false,
            maxResponseBytes: BodyLimit.small, deadline: deadline)
        return response.isSuccess ? try? SignedCheckpoint(parsing: response.body) : nil
    }
}
