import Synchronization
import Tasks
import Transport

/// What a leader has of a task's reports, for whoever waits for a batch of them.
public struct CollectionProgress: Sendable {
    private let client: TaskClient

    /// - Parameter patience: how long one look at the counters may take; they are a courtesy, and nothing waits for them.
    public init(task: TaskFile, patience: Duration = .seconds(5)) throws {
        client = try TaskClient(task: task, transport: HTTPTransport(deadline: .zero, attemptTimeout: patience))
    }

    /// The counters now; nil where they cannot be had.
    public func status() async -> TaskStatus? { try? await client.status() }

    /// Runs a collection, and says after two seconds and then at growing intervals what the leader has.
    ///
    /// - Parameters:
    ///   - notice: gets the sentences.
    ///   - body: gets what to call with the leader's reasons to wait.
    public func during<Value: Sendable>(
        notice: @escaping @Sendable (String) -> Void,
        _ body: (@escaping @Sendable (String?) -> Void) async throws -> Value
    ) async throws -> Value {
        let leader = client.leaderURL
        let reason = LastReason()
        let speech = Task { [client] in
            let start = ContinuousClock.now
            for number in 0... {
                let moment = WaitingWords.moment(number)
                guard (try? await Task.sleep(until: start + .seconds(moment), clock: .continuous)) != nil else {
                    return
                }
                let words = [(try? await client.status())?.words, reason.text.map { "it waits for \($0)" }]
                let known = words.compactMap(\.self).joined(separator: "; ")
                guard !Task.isCancelled else { return }
                notice(
                    WaitingWords.sentence(
                        "the result from \(leader)", reason: known.isEmpty ? "it has not answered yet" : known,
                        seconds: moment))
            }
        }
        defer { speech.cancel() }
        return try await body { reason.text = $0 }
    }

    private final class LastReason: Sendable {
        private let kept = Mutex<String?>(nil)

        var text: String? {
            get { kept.withLock { $0 } }
            set { kept.withLock { $0 = newValue } }
        }
    }
}

extension TaskStatus {
    /// The counters in the middle of a sentence.
    public var words: String {
        var parts = ["\(received) reports received", "\(pending) not verified yet", "\(accepted) accepted"]
        if rejectedTotal > 0 {
            let reasons = rejected.filter { $0.value > 0 }.keys.sorted().joined(separator: ", ")
            parts.append("\(rejectedTotal) rejected (\(AnswerWords.visible(reasons, limit: 120)))")
        }
        return parts.joined(separator: ", ")
    }
}
