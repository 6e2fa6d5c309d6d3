import Datastore
import Dispatch
import PostgresCluster
import Synchronization
import Testing

/// Runs a few tests of such suites at a time. Swift Testing runs all at once, and each has connections and a database: the
/// server would have more to do with those than with their statements.
struct InTurns: SuiteTrait, TestTrait, TestScoping {
    let isRecursive = true

    private static let gate = Gate(6)

    func scopeProvider(for test: Test, testCase: Test.Case?) -> InTurns? {
        testCase == nil ? nil : self
    }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        await Self.gate.enter()
        defer { Self.gate.leave() }
        try await function()
    }
}

extension Trait where Self == InTurns {
    static var inTurns: Self { InTurns() }
}

/// Lets a number of tests in, others one after the other: Swift Testing runs all at once, and each has connections.
final class Gate: Sendable {
    private let state: Mutex<(free: Int, waiting: [CheckedContinuation<Void, Never>])>

    init(_ width: Int) {
        state = Mutex((width, []))
    }

    func enter() async {
        await withCheckedContinuation { continuation in
            let isIn = state.withLock { state in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isIn { continuation.resume() }
        }
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}
