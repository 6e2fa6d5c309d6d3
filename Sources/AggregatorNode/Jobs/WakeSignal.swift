import Synchronization

/// Wakes one background loop when there is work.
///
/// A signal that is raised while nobody waits is kept, so work that arrives between looking for work and going to
/// sleep is not missed. Several signals before the next wait count as one: the loop looks for all work anyway.
package final class WakeSignal: Sendable {
    private struct State {
        var isRaised = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    package init() {}

    /// Wakes the loop, now or when it next waits.
    package func raise() {
        let waiter = state.withLock { state in
            let waiter = state.waiter
            state.waiter = nil
            state.isRaised = waiter == nil
            return waiter
        }
        waiter?.resume()
    }

    /// Returns when the signal is raised, after `timeout`, or when the task is cancelled. One caller at a time.
    package func wait(atMost timeout: Duration) async {
        let timer = Task {
            do { try await Task.sleep(for: timeout) } catch { return }
            raise()
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard !state.isRaised, !Task.isCancelled else {
                        state.isRaised = false
                        return true
                    }
                    state.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            raise()
        }
        timer.cancel()
    }
}
