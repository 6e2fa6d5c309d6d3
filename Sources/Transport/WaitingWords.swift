import Synchronization

/// Says whom a command waits for, since when, and what it was told: after two seconds, and then at growing intervals.
package final class WaitingWords: Sendable {
    /// After how many seconds of waiting something is said; beyond the last, as often as the last two are apart.
    package static let moments: [Int64] = [2, 7, 17, 37, 67, 127]

    private let reason: Reason
    private let speech: Task<Void, Never>?

    /// Shared with the task that speaks, which must not keep the words alive.
    private final class Reason: Sendable {
        let text = Mutex("it has not answered yet")
    }

    /// - Parameter notice: gets the sentences; nobody wants them if nil.
    package init(for whom: String, notice: (@Sendable (String) -> Void)?) {
        let reason = Reason()
        self.reason = reason
        speech = notice.map { notice in
            Task {
                let start = ContinuousClock.now
                for number in 0... {
                    let moment = Self.moment(number)
                    guard (try? await Task.sleep(until: start + .seconds(moment), clock: .continuous)) != nil else {
                        return
                    }
                    notice(Self.sentence(whom, reason: reason.text.withLock { $0 }, seconds: moment))
                }
            }
        }
    }

    deinit { speech?.cancel() }

    /// Why it takes so long, as far as is known.
    package func explain(_ text: String) { reason.text.withLock { $0 = text } }

    /// When the sentence of this number is due, in seconds.
    package static func moment(_ number: Int) -> Int64 {
        guard number >= moments.count else { return moments[number] }
        let pause = moments[moments.count - 1] - moments[moments.count - 2]
        return moments[moments.count - 1] + Int64(number - moments.count + 1) * pause
    }

    package static func sentence(_ whom: String, reason: String, seconds: Int64) -> String {
        "waiting for \(whom): \(reason) (for \(seconds) s now)"
    }
}
