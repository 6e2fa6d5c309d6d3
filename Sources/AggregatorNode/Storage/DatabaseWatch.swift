import Datastore
import Logging
import ServiceLifecycle

/// Ends the process of a node that must not use its database any more: another server has taken over, and may not have all
/// that this node has acknowledged, another process has the database, or its file was deleted, moved or replaced. Every
/// start compares the database with the node's keys, and claims it; going on does not.
struct DatabaseWatch: Service {
    let store: NodeDatabase
    let logger: Logger

    struct Lost: Error {
        let reason: String
    }

    func run() async throws {
        let reason = await cancelWhenGracefulShutdown { [store] in await store.awaitLoss() }
        guard let reason else {
            // A service that returns ends all others.
            try? await gracefulShutdown()
            return
        }
        logger.critical("this node ends: it has lost its database", metadata: ["reason": "\(reason)"])
        // Answers that are under way leave first.
        try? await Task.sleep(for: .milliseconds(200))
        throw Lost(reason: reason)
    }
}
