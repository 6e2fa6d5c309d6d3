import Datastore
import Logging
import ServiceLifecycle

/// Deletes the shares of batches that are collected, in the background and in slices; and cleans up after keys that were
/// destroyed, where a former process did not come to it, or somebody was in the way.
///
/// Nothing depends on it: what it deletes cannot be read any more. So it takes a small part of the time of the database, and
/// everything else goes first.
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
    /// Between two looks for keys that nobody needs any more.
    private static let keyPause: Duration = .seconds(3_600)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await DutyKeeper(duty: .clearing, store: store, logger: logger).run { _ in await clear() }
        }
    }

    private func clear() async {
        var nextScrub = ContinuousClock.now
        var nextKeys = ContinuousClock.now
        var warnings = ScrubWarnings()
        while !Task.isCancelled {
            let start = ContinuousClock.now
            if start >= nextKeys {
                await destroyIdleKeys()
                nextKeys = start + Self.keyPause
            }
            if start >= nextScrub {
                await scrub(&warnings)
                nextScrub = start + Self.idlePause
            }
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

    private func destroyIdleKeys() async {
        do throws(DatastoreError) {
            try await store.destroyIdleKeys()
        } catch {
            logger.warning("keys that nobody needs cannot be destroyed now", metadata: ["error": "\(error)"])
        }
    }

    private func scrub(_ warnings: inout ScrubWarnings) async {
        do throws(DatastoreError) {
            let isClean = try await store.scrubIfDue()
            guard let due = warnings.after(isClean: isClean, at: .now) else { return }
            logger.warning(
                "copies of destroyed keys are still in the database, and cannot be cleaned up: \(store.scrubAdvice)",
                metadata: ["minutes": "\(due.components.seconds / 60)"])
        } catch {
            logger.warning(
                "copies of destroyed keys cannot be cleaned up now; it is tried again",
                metadata: ["error": "\(error)"])
        }
    }
}
