import Datastore
import Logging
import ServiceLifecycle
import Synchronization

/// Stops a node that has found out that its own memory is older than its word.
///
/// A database that was restored from a backup has forgotten what the node signed since. Whoever goes on with it may sign a
/// second close of a batch, release a second sum, or cosign a second history: each of them shows an input or breaks a
/// promise. So the node stops for good, says why, and does not start again with these keys (`cairn node restored`).
package final class HaltSwitch: Sendable {
    private let stopped = Mutex<String?>(nil)
    private let store: any NodeStateStore
    private let logger: Logger
    /// Has the reason, once there is one. For one reader.
    let events: AsyncStream<String>
    private let announce: AsyncStream<String>.Continuation

    package init(store: any NodeStateStore, logger: Logger) {
        self.store = store
        self.logger = logger
        (events, announce) = AsyncStream.makeStream(of: String.self)
    }

    /// Why the node is stopped; nil while it runs.
    package var reason: String? { stopped.withLock { $0 } }

    /// Stops the node: from now on it answers nothing, and it does not start again.
    package func halt(_ reason: String) async {
        if isFirst(reason) { await record(reason) }
    }

    /// ``halt(_:)`` for callers that cannot wait. Nothing is answered from now on.
    package func stop(_ reason: String) {
        guard isFirst(reason) else { return }
        Task { await record(reason) }
    }

    private func isFirst(_ reason: String) -> Bool {
        stopped.withLock { stopped in
            defer { stopped = stopped ?? reason }
            return stopped == nil
        }
    }

    private func record(_ reason: String) async {
        logger.critical(
            "this node stops: its state is older than what it has signed", metadata: ["reason": "\(reason)"])
        do {
            try await store.recordHalt(reason)
            try await store.endOtherClaims()
        } catch {
            logger.critical("the reason could not be stored", metadata: ["error": "\(error)"])
        }
        announce.yield(reason)
        announce.finish()
    }
}

/// Ends the process of a node that is stopped.
struct HaltService: Service {
    let halt: HaltSwitch

    struct Halted: Error {
        let reason: String
    }

    func run() async throws {
        try await cancelWhenGracefulShutdown { [halt] in
            for await reason in halt.events {
                // Answers that are under way leave first.
                try? await Task.sleep(for: .milliseconds(200))
                throw Halted(reason: reason)
            }
        }
    }
}
