import Synchronization

/// A few places for work that must not be done by many at a time. Whoever finds none free waits in the order of asking;
/// whoever is cancelled waits no longer.
package final class Turns: Sendable {
    private struct State {
        var free: Int
        var waiting: [(id: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
        var lastID: UInt64 = 0
    }

    private let state: Mutex<State>

    /// - Parameter places: at least one.
    package init(places: Int) {
        state = Mutex(State(free: max(1, places)))
    }

    /// Runs `work` when it is its turn.
    ///
    /// - Throws: `CancellationError` where the task is cancelled before that; what `work` throws.
    package func take<Value: Sendable>(
        isolation: isolated (any Actor)? = #isolation, _ work: () async throws -> Value
    ) async throws -> Value {
        try await wait()
        defer { giveBack() }
        return try await work()
    }

    /// Runs `work` if there is a place for it now; nil if there is none.
    package func takeIfFree<Value, Failure: Error>(_ work: () throws(Failure) -> Value) throws(Failure) -> Value? {
        guard takePlace() else { return nil }
        defer { giveBack() }
        return try work()
    }

    /// Nobody waits while a place is free.
    private func takePlace() -> Bool {
        state.withLock { state in
            guard state.free > 0 else { return false }
            state.free -= 1
            return true
        }
    }

    private func wait() async throws {
        if takePlace() { return }
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                // Nil while it waits. Whoever is cancelled from here on is in the line for `onCancel` to find.
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    guard state.free > 0 else {
                        state.waiting.append((id, continuation))
                        return nil
                    }
                    state.free -= 1
                    return .success(())
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).continuation }
            }
            continuation?.resume(throwing: CancellationError())
        }
    }

    /// The place goes to the first who waits.
    private func giveBack() {
        let first = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst().continuation }
            state.free += 1
            return nil
        }
        first?.resume()
    }
}
