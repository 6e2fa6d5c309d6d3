import Dispatch
import Foundation

/// Ctrl-C during work that has something to clean up.
enum Interruption {
    /// Runs `body`; at SIGINT, SIGTERM or SIGHUP it is cancelled, and unwinds as it does for any error.
    static func cancelling<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let work = Task { try await body() }
        // A queue of its own has a thread of its own. The global ones share theirs with asynchronous work, and calculations
        // that take all of those would keep the signal waiting until they have ended by themselves.
        let queue = DispatchQueue(label: "cairn.interruption")
        let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { work.cancel() }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        do {
            return try await work.value
        } catch {
            // A cancelled request fails in its own words; what the person did is what counts.
            throw work.isCancelled ? CancellationError() : error
        }
    }
}
