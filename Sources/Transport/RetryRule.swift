/// Whether and when a request that brought no answer is sent again. Pure but for the dice.
///
/// A server may restart at any moment, and every request of DAP and of Cairn may be repeated without harm: creation is
/// idempotent, reports carry unique ids (``NodeAPI/Resource/isRepeatable``). So a connection that broke, and an answer which
/// only says that there is none now, lead to another attempt. The pause doubles each time and is jittered, so that those
/// whom a restart cut off do not all come back at the same instant. What a server asks for in `Retry-After` takes
/// precedence: it is there, and says when it can be used.
///
/// What differs between a person's command and a node has a name here, and its reason.
package struct RetryRule: Sendable, Equatable {
    /// How long a request is repeated; zero for one that is sent once.
    package var deadline: Duration
    /// Whether the deadline is for the last byte of the last answer. Otherwise the last attempt begins no later, and has its own
    /// time (``attemptTime``): a person waits for an upload that is under way.
    package var isForTheWholeExchange: Bool
    /// How long one attempt may take, beside a second for each 16 KiB that come and go; nothing where the deadline is for all.
    package var attemptTime: Duration
    /// How long a server that says when to come back is waited for, where that is longer than the deadline.
    package var patienceWhenAsked: Duration
    /// How long a server is asked again where nothing listens and nothing has answered this process before; the deadline if
    /// nil. One that has answered restarts, and is worth all of it.
    package var refusalPatience: Duration?
    /// Whether faults are repeated that somebody has to mend: a name that does not exist, a certificate that nobody vouches
    /// for. A person wants to hear of them at once. A node's configuration was right once, and the network's may be soon.
    package var repeatsMistakes: Bool

    /// For a command that a person waits for.
    package static func command(
        deadline: Duration, attemptTime: Duration = .seconds(60), refusalPatience: Duration? = nil
    ) -> RetryRule {
        RetryRule(
            deadline: deadline, isForTheWholeExchange: false, attemptTime: attemptTime,
            patienceWhenAsked: longestPatienceWhenAsked, refusalPatience: refusalPatience, repeatsMistakes: false)
    }

    /// For a node's own work, which has a schedule behind it: nothing comes after the deadline.
    ///
    /// - Parameter repeats: false for those who repeat the request themselves.
    package static func node(deadline: Duration, repeats: Bool = true) -> RetryRule {
        RetryRule(
            deadline: repeats ? deadline : .zero, isForTheWholeExchange: true, attemptTime: deadline,
            patienceWhenAsked: .zero, refusalPatience: nil, repeatsMistakes: true)
    }

    /// How long a command waits for a node that says when to come back.
    package static let longestPatienceWhenAsked = Duration.seconds(600)

    /// What an attempt brought, as far as it matters here.
    package enum Outcome: Sendable, Equatable {
        /// - Parameter asked: what the server asks for by `Retry-After`.
        case answer(status: Int, asked: Duration?)
        /// An answer in which whoever asked has found nothing of the server's, whatever its status: a page that somebody in
        /// between shows under 404 has not said that an upload is unknown.
        case foreignAnswer(asked: Duration?)
        /// - Parameter isNew: whether the server has never answered this process.
        case fault(TransportFault.Kind, isNew: Bool)
        /// An answer that is longer than allowed, or nothing that could be sent: the next attempt would bring the same.
        case final
    }

    /// Whether a status only says that there is no answer yet.
    package static func isNoAnswer(_ status: Int) -> Bool { [408, 425, 429].contains(status) || status >= 500 }

    /// The pauses of one request.
    package struct Pauses: Sendable {
        let rule: RetryRule
        private var next = Pauses.firstPause

        package static let firstPause = Duration.milliseconds(50)
        package static let longestPause = Duration.seconds(5)

        package init(_ rule: RetryRule) { self.rule = rule }

        /// How long to wait before the next attempt; nil where there shall be none.
        ///
        /// - Parameters:
        ///   - spent: since the first attempt began.
        ///   - jitter: what the pause is multiplied with.
        package mutating func wait(
            after outcome: Outcome, spent: Duration, jitter: Double = .random(in: 0.5...1.5)
        ) -> Duration? {
            guard rule.deadline > .zero else { return nil }
            switch outcome {
            case .final: return nil
            case .answer(let status, let asked):
                return RetryRule.isNoAnswer(status) ? pause(spent, asked: asked, jitter) : nil
            case .foreignAnswer(let asked): return pause(spent, asked: asked, jitter)
            case .fault(let kind, let isNew):
                guard rule.repeatsMistakes || !kind.isPermanent else { return nil }
                let limit = kind == .refused && isNew ? rule.refusalPatience : nil
                return pause(spent, within: min(rule.deadline, limit ?? rule.deadline), jitter)
            }
        }

        private mutating func pause(_ spent: Duration, asked: Duration?, _ jitter: Double) -> Duration? {
            guard let asked else { return pause(spent, within: rule.deadline, jitter) }
            let end = spent + asked
            let isInTime =
                rule.isForTheWholeExchange ? end < rule.deadline : end <= max(rule.deadline, rule.patienceWhenAsked)
            return isInTime ? asked : nil
        }

        private mutating func pause(_ spent: Duration, within patience: Duration, _ jitter: Double) -> Duration? {
            guard spent < patience else { return nil }
            var wait = next * jitter
            if rule.isForTheWholeExchange {
                // An attempt without time would bring nothing.
                guard spent + wait < patience else { return nil }
            } else {
                // The last attempt comes when the time is over, not a pause before.
                wait = min(wait, patience - spent)
            }
            next = min(next * 2, Self.longestPause)
            return wait
        }
    }
}
