import Datastore
import Logging
import ServiceLifecycle

/// Deletes the shares of batches that are collected, in the background and in slices.
///
/// Nothing depends on it: their keys were destroyed with the collection. So it takes a small part of the time of the
/// database, and everything else goes first.
struct ClearingService: Service {
    let store: NodeDatabase
    let logger: Logger

    /// Kept shares have up to some megabytes each, in the largest tasks.
    private static let rowsPerSlice = 128
    /// Between two looks where there is nothing to clear.
    private static let idlePause: Duration = .seconds(10)
    private static let shortestPause: Duration = .milliseconds(20)
    /// It sleeps so many times as long as it has worked.
    private static let courtesy = 4

    func run() async throws {
        await cancelWhenGracefulShutdown { await clear() }
    }

    private func clear() async {
        while !Task.isCancelled {
            let start = ContinuousClock.now
            var pause = Self.idlePause
            do throws(DatastoreError) {
                if try await store.clearSlice(atMost: Self.rowsPerSlice) {
                    pause = max(Self.shortestPause, (ContinuousClock.now - start) * Self.courtesy)
                }
            } catch {
                logger.warning("shares of a collected batch cannot be cleared now", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: pause)
        }
    }
}
