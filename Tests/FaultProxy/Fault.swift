import Synchronization

/// What a ``FaultProxy`` does with one request: a value, made of what happens before the answer, to it, and on its way.
package struct Fault: Sendable, CustomStringConvertible {
    /// Whether, and how often, the server behind the proxy handles the request.
    package enum Upstream: Sendable {
        case notAsked
        case asked
        /// Twice at the same time, as after a retry somewhere on the way. The second answer counts.
        case askedTwice
    }

    package enum Delivery: Sendable {
        case whole
        /// The connection ends without a byte of an answer.
        case never
        /// The head promises more than comes: half of the body, then the connection ends.
        case torn
        /// Byte by byte, with a pause behind each.
        case trickled(Duration)
    }

    /// Its kind, in statistics and in what a failing test says.
    package var name: String
    package var upstream: Upstream = .asked
    /// How long the request lies in the proxy before anything happens.
    package var delay: Duration = .zero
    /// How long the answer lies there.
    package var lateness: Duration = .zero
    /// Where the answer waits until a test lets it go.
    package var gate: Gate?
    /// Makes the answer out of the server's; where that was not asked, out of 502.
    package var change: @Sendable (ProxyRequest, ProxyAnswer) throws -> ProxyAnswer = { $1 }
    package var delivery: Delivery = .whole

    package init(_ name: String) {
        self.name = name
    }

    package var description: String { name }

    /// The same answer, while the server behind the proxy never sees the request.
    package var unasked: Fault {
        var fault = self
        fault.name += ", unasked"
        fault.upstream = .notAsked
        return fault
    }
}

/// Where a held answer waits.
package final class Gate: Sendable {
    private let state = Mutex((isReached: false, isOpen: false))

    package init() {}

    /// Whether the server has handled the request, and its answer waits here.
    package var isReached: Bool { state.withLock { $0.isReached } }

    package func open() { state.withLock { $0.isOpen = true } }

    func pass() async throws {
        state.withLock { $0.isReached = true }
        while !state.withLock({ $0.isOpen }) { try await Task.sleep(for: .milliseconds(5)) }
    }
}
