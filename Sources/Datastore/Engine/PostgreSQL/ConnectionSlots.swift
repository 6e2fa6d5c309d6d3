import Dispatch
import Synchronization

/// The right to use one of a bounded number of connections: first come, first served, and nobody waits for ever.
///
/// Without the bound a burst would open connections until the server refuses everybody, other replicas included.
final class ConnectionSlots: Sendable {
    private let state: Mutex<State>
    private let patience: Duration

    private struct State {
        var free: Int
        var isClosed = false
        /// Those who wait, by number. Numbers grow, and the smallest is next.
        var waiting: [UInt64: Waiter] = [:]
        var next: UInt64 = 0
        var first: UInt64 = 0
        var isSwept = false
        var whenIdle: [DispatchSemaphore] = []
        let limit: Int
    }

    private struct Waiter {
        let deadline: ContinuousClock.Instant
        let continuation: CheckedContinuation<Outcome, Never>
    }

    private typealias Outcome = Result<Void, DatastoreError>

    init(_ limit: Int, patience: Duration) {
        state = Mutex(State(free: limit, limit: limit))
        self.patience = patience
    }

    /// Waits for a slot.
    ///
    /// - Throws: `.busy` where none comes free in time, `.cancelled`, and `.unavailable` after ``close()``.
    func take() async throws(DatastoreError) {
        guard !Task.isCancelled else { throw .cancelled }
        if try state.withLock({ state throws(DatastoreError) in try Self.takeNow(&state) }) { return }
        let number = state.withLock { state in
            state.next += 1
            return state.next - 1
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                wait(number, continuation)
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiting.removeValue(forKey: number) }
            waiter?.continuation.resume(returning: .failure(.cancelled))
        }
        try outcome.get()
    }

    /// Gives a slot to whoever has waited longest.
    func giveBack() {
        let (waiter, idle) = state.withLock { state -> (Waiter?, [DispatchSemaphore]) in
            if let waiter = Self.removeFirst(&state) { return (waiter, []) }
            state.free += 1
            guard state.free == state.limit else { return (nil, []) }
            defer { state.whenIdle = [] }
            return (nil, state.whenIdle)
        }
        waiter?.continuation.resume(returning: .success(()))
        for semaphore in idle { semaphore.signal() }
    }

    /// Lets nobody in any more, and blocks its thread until all slots have come back.
    func close() {
        let idle = DispatchSemaphore(value: 0)
        let isIdle = state.withLock { state in
            state.isClosed = true
            if state.free != state.limit { state.whenIdle.append(idle) }
            return state.free == state.limit
        }
        if !isIdle { idle.wait() }
    }

    private static func takeNow(_ state: inout State) throws(DatastoreError) -> Bool {
        guard !state.isClosed else { throw .unavailable("the database is closed") }
        guard state.free > 0 else { return false }
        state.free -= 1
        return true
    }

    private func wait(_ number: UInt64, _ continuation: CheckedContinuation<Outcome, Never>) {
        let (now, mustSweep) = state.withLock { state -> (Outcome?, Bool) in
            // A slot came free, or the task was cancelled, since.
            if Task.isCancelled { return (.failure(.cancelled), false) }
            do throws(DatastoreError) {
                if try Self.takeNow(&state) { return (.success(()), false) }
            } catch {
                return (.failure(error), false)
            }
            state.waiting[number] = Waiter(deadline: .now + patience, continuation: continuation)
            state.first = min(state.first, number)
            defer { state.isSwept = true }
            return (nil, !state.isSwept)
        }
        if let now { continuation.resume(returning: now) }
        // One task watches over all who wait.
        if mustSweep { Task { await sweep() } }
    }

    /// Sends away those whose patience has ended, until nobody waits.
    private func sweep() async {
        while let deadline = expire() {
            try? await Task.sleep(until: deadline, clock: .continuous)
        }
    }

    /// - Returns: when to look again; nil where nobody waits.
    private func expire() -> ContinuousClock.Instant? {
        let now = ContinuousClock.now
        let (expired, next) = state.withLock { state -> ([Waiter], ContinuousClock.Instant?) in
            var expired: [Waiter] = []
            while let waiter = Self.firstWaiting(&state), waiter.deadline <= now {
                if let waiter = Self.removeFirst(&state) { expired.append(waiter) }
            }
            let next = Self.firstWaiting(&state)?.deadline
            state.isSwept = next != nil
            return (expired, next)
        }
        for waiter in expired {
            waiter.continuation.resume(
                returning: .failure(
                    .busy(
                        "no connection to the database came free within \(patience): it is slow, or storage.connections low"
                    )))
        }
        return next
    }

    private static func firstWaiting(_ state: inout State) -> Waiter? {
        while state.first < state.next {
            if let waiter = state.waiting[state.first] { return waiter }
            // It has gone, or has a number and does not wait yet: then it moves `first` back.
            guard !state.waiting.isEmpty else { return nil }
            state.first += 1
        }
        return nil
    }

    private static func removeFirst(_ state: inout State) -> Waiter? {
        guard let waiter = firstWaiting(&state) else { return nil }
        state.waiting[state.first] = nil
        state.first += 1
        return waiter
    }
}
