import DAP
import FaultProxy
import Synchronization

// Helpers that keep to the standard, or do not, in ways that ours never shows: ours with a proxy in front.

/// Defers every job and share, so that each has to be polled for twice.
final class Deferral: Sendable {
    private struct State {
        var answers: [String: ProxyAnswer] = [:]
        var polls: [String: Int] = [:]
    }

    private let state = Mutex(State())

    var rules: [FaultRule] {
        ["aggregation_jobs", "aggregate_shares"].flatMap { resource in
            [
                FaultRule("POST", "tasks/*/\(resource)", .always, fault("deferred") { self.keep($1) }),
                FaultRule("GET", "tasks/*/\(resource)/*", .always, fault("polled") { self.poll($0.path) ?? $1 }),
            ]
        }
    }

    private func fault(
        _ name: String, _ change: @escaping @Sendable (ProxyRequest, ProxyAnswer) -> ProxyAnswer
    ) -> Fault {
        var fault = Fault(name)
        fault.change = change
        return fault
    }

    private func keep(_ answer: ProxyAnswer) -> ProxyAnswer {
        guard (200..<300).contains(answer.status), let location = answer["Location"] else { return answer }
        let path = String(location.prefix { $0 != "?" })
        state.withLock { $0.answers[path] = answer }
        return ProxyAnswer(status: 201, headers: [("Location", location + "?step=0"), ("Retry-After", "1")])
    }

    private func poll(_ path: String) -> ProxyAnswer? {
        state.withLock { state in
            state.polls[path, default: 0] += 1
            guard state.polls[path, default: 0] < 2 else { return state.answers[path] }
            return ProxyAnswer(status: 200, headers: [("Retry-After", "1")])
        }
    }
}

extension Fault {
    /// The answer to an aggregation job names its reports in the wrong order.
    static let reordered = {
        var fault = Fault("reordered")
        fault.change = { _, answer in
            var changed = answer
            let message = try AggregationJobResp(decoding: answer.body)
            changed.body = AggregationJobResp(responses: message.responses.reversed()).encoded()
            return changed
        }
        return fault
    }()
}
