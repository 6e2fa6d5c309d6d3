import Synchronization

/// Why a process must not use its database any more, once that is so: another server or another process has it. The first
/// reason stays.
final class DatabaseLoss: Sendable {
    private let first = Mutex<String?>(nil)
    /// Has the reason, once there is one, and ends with the engine. For one reader.
    let events: AsyncStream<String>
    private let announce: AsyncStream<String>.Continuation

    init() {
        (events, announce) = AsyncStream.makeStream(of: String.self)
    }

    var reason: String? { first.withLock { $0 } }

    func record(_ reason: String) {
        let isFirst = first.withLock { first in
            defer { first = first ?? reason }
            return first == nil
        }
        guard isFirst else { return }
        announce.yield(reason)
        announce.finish()
    }

    /// The engine is closed: nothing can be lost any more.
    func ruleOut() { announce.finish() }

    /// What whoever asks for the database gets.
    func failure(_ reason: String) -> PostgreSQLFailure { .init(.final, .unavailable(self.reason ?? reason)) }
}
