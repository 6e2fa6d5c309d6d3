import Synchronization

/// A write that waits for its place in a group, whatever its result.
protocol QueuedWrite: AnyObject, Sendable {
    /// Takes it up.
    ///
    /// - Returns: false if its caller has given it up meanwhile.
    func start() -> Bool

    /// Runs its body, and keeps what comes of that for ``deliver()``. It may be run again.
    func run(_ session: Session) throws

    /// Gives its caller what its last run came to.
    func deliver()

    /// Gives its caller an error.
    func fail(_ error: DatastoreError)
}

/// A write and the caller who waits for it.
final class WaitingWrite<Value: Sendable>: QueuedWrite {
    private typealias Outcome = Result<Value, DatastoreError>

    private enum Stage {
        case new
        case waiting(CheckedContinuation<Outcome, Never>)
        /// Too late to be given up.
        case running(CheckedContinuation<Outcome, Never>, Outcome?)
        case ended
    }

    private let body: @Sendable (Session) throws -> Value
    private let stage = Mutex(Stage.new)

    init(_ body: @escaping @Sendable (Session) throws -> Value) {
        self.body = body
    }

    /// Waits until the write is done.
    ///
    /// - Parameter enqueue: puts it where it will be found.
    /// - Throws: `.cancelled` at once if the caller's task is cancelled before the body has begun to run.
    func value(enqueue: (WaitingWrite) -> Void) async throws(DatastoreError) -> Value {
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Outcome, Never>) in
                if wait(continuation) { enqueue(self) } else { continuation.resume(returning: .failure(.cancelled)) }
            }
        } onCancel: {
            giveUp()
        }
        return try outcome.get()
    }

    private func wait(_ continuation: CheckedContinuation<Outcome, Never>) -> Bool {
        stage.withLock { stage in
            guard case .new = stage else { return false }
            stage = .waiting(continuation)
            return true
        }
    }

    private func giveUp() {
        let waiting: CheckedContinuation<Outcome, Never>? = stage.withLock { stage in
            switch stage {
            case .new:
                stage = .ended
                return nil
            case .waiting(let continuation):
                stage = .ended
                return continuation
            case .running, .ended: return nil
            }
        }
        waiting?.resume(returning: .failure(.cancelled))
    }

    func start() -> Bool {
        stage.withLock { stage in
            guard case .waiting(let continuation) = stage else { return false }
            stage = .running(continuation, nil)
            return true
        }
    }

    func run(_ session: Session) throws {
        let outcome: Outcome
        do {
            outcome = .success(try body(session))
        } catch {
            outcome = .failure(.sqlite(error))
        }
        stage.withLock { stage in
            if case .running(let continuation, _) = stage { stage = .running(continuation, outcome) }
        }
        if case .failure(let error) = outcome { throw error }
    }

    func deliver() { end(nil) }

    func fail(_ error: DatastoreError) { end(.failure(error)) }

    private func end(_ given: Outcome?) {
        let ending: (CheckedContinuation<Outcome, Never>, Outcome)? = stage.withLock { stage in
            guard case .running(let continuation, let kept) = stage else { return nil }
            stage = .ended
            return (continuation, given ?? kept ?? .failure(.cancelled))
        }
        if let (continuation, outcome) = ending { continuation.resume(returning: outcome) }
    }
}
