/// When an operator hears that copies of destroyed keys are still there. Pure.
///
/// That somebody is in the way for a moment is ordinary. Who is there for long will not go by itself.
package struct ScrubWarnings {
    private var dueSince: ContinuousClock.Instant?
    private var said: ContinuousClock.Instant?

    package init() {}

    package static let patience: Duration = .seconds(600)
    /// Between two warnings about the same.
    package static let pause: Duration = .seconds(3_600)

    /// - Returns: for how long it has been due, where that is to be said now.
    package mutating func after(isClean: Bool, at now: ContinuousClock.Instant) -> Duration? {
        guard !isClean else {
            self = ScrubWarnings()
            return nil
        }
        let since = dueSince ?? now
        dueSince = since
        guard now - since >= Self.patience, said.map({ now - $0 >= Self.pause }) ?? true else { return nil }
        said = now
        return now - since
    }
}
