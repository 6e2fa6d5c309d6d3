import Synchronization

/// A value on which one thread at a time works, where that takes long and fails for everybody: whoever waited for its turn
/// while another one failed gets that failure, and does not try the same for as long again. Eight threads that look for a
/// server that hangs would else look one after the other.
package final class SharedTurn<Value: Sendable>: Sendable {
    private struct State {
        var value: Value
        var failure: PostgreSQLFailure?
    }

    private let state: Mutex<State>
    /// Grows under the lock alone.
    private let failures = Atomic<Int>(0)

    package init(_ value: Value) {
        state = Mutex(State(value: value))
    }

    /// Waits for the turn, and works on the value.
    package func run<T: Sendable>(
        _ body: (inout Value) throws(PostgreSQLFailure) -> T
    ) throws(PostgreSQLFailure) -> T {
        let before = failures.load(ordering: .acquiring)
        return try state.withLock { state throws(PostgreSQLFailure) -> T in
            if let failure = state.failure, failures.load(ordering: .relaxed) != before { throw failure }
            do throws(PostgreSQLFailure) {
                return try body(&state.value)
            } catch {
                state.failure = error
                failures.add(1, ordering: .releasing)
                throw error
            }
        }
    }

    /// Waits for the turn, whatever has failed, and puts another value in the place of the former one.
    func replace(with value: Value) {
        state.withLock { $0.value = value }
    }
}
