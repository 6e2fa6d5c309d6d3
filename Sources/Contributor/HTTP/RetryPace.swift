/// When a request that brought nothing is sent again, and when it is given up. Pure but for the dice.
///
/// The pause doubles each time and is jittered, so that clients which a restart cut off do not all come back at the same
/// instant. What the node asks for in `Retry-After` takes precedence, and prolongs the patience: it is there, and says
/// when it can be used.
package struct RetryPace: Sendable {
    /// How long a request is repeated.
    private let deadline: Duration
    private var pause = Duration.milliseconds(50)

    /// How long a node that says when to come back is waited for.
    package static let patienceWhenAsked = Duration.seconds(600)

    /// - Parameter deadline: zero for requests that are sent once.
    package init(deadline: Duration) { self.deadline = deadline }

    /// How long to wait before the next attempt; nil where there shall be none.
    ///
    /// - Parameters:
    ///   - spent: since the first attempt began.
    ///   - asked: what the node asks for.
    ///   - most: where there is less patience than usual.
    package mutating func wait(after spent: Duration, asked: Duration?, atMost most: Duration? = nil) -> Duration? {
        let patience = min(deadline, most ?? deadline)
        guard deadline > .zero else { return nil }
        if let asked { return spent + asked <= max(deadline, Self.patienceWhenAsked) ? asked : nil }
        guard spent < patience else { return nil }
        // The last attempt comes when the time is over, not a pause before.
        let wait = min(pause * Double.random(in: 0.5...1.5), patience - spent)
        pause = min(pause * 2, .seconds(5))
        return wait
    }
}
