import Synchronization

/// Says whom a command waits for, once it has waited for two seconds, and then twice a minute.
final class WaitingWords: Sendable {
    private static let first = Duration.seconds(2)
    private static let next = Duration.seconds(30)

    private let reason: Reason
    private let speech: Task<Void, Never>?

    /// Shared with the task that speaks, which must not keep the words alive.
    private final class Reason: Sendable {
        let text = Mutex("it has not answered yet")
    }

    /// - Parameter notice: gets the sentences; nobody wants them if nil.
    init(for url: String, notice: (@Sendable (String) -> Void)?) {
        let reason = Reason()
        self.reason = reason
        speech = notice.map { notice in
            Task {
                var pause = Self.first
                while (try? await Task.sleep(for: pause)) != nil {
                    notice("waiting for \(url): \(reason.text.withLock { $0 })")
                    pause = Self.next
                }
            }
        }
    }

    deinit { speech?.cancel() }

    /// Why it takes so long, as far as is known.
    func explain(_ text: String) { reason.text.withLock { $0 = text } }
}
