import Datastore
import Logging
import ServiceLifecycle

/// What one of several processes of a node looks for in what the others do.
///
/// One that has died, or that the server has lost sight of, has its work taken from it at once, and not only when its leases
/// run out. One that has found out that the database is older than what it has signed stops all of them. And where a key of
/// the node was replaced, whoever has the former one ends.
struct ReplicaWatch: Service {
    let context: NodeContext

    private static let pause: Duration = .seconds(1)

    func run() async throws {
        let identity = NodeIdentity(context.keys)
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await look()
                do throws(NodeStartError) {
                    try await identity.require(context.store, context.configuration)
                } catch {
                    // A key of the node was replaced. A database that is only not to be reached is no reason to end.
                    if case .failed(let reason) = error { throw DatabaseWatch.Lost(reason: reason) }
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    private func look() async {
        do throws(DatastoreError) {
            if let reason = try await context.store.haltReason() { return context.halt.stop(reason) }
            try await context.store.endLeasesOfTheGone()
        } catch {
            // Whoever needs the database says it; what is not taken over now runs out.
            context.logger.debug("other replicas cannot be looked for", metadata: ["error": "\(error)"])
        }
    }
}
