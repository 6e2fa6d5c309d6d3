/// What follows where a node fails to form an aggregation job: its disk is full, its workers end. Pure.
///
/// Nothing of the job was ever sent, so its reports are free to be in others; and while they are in it, their contributors
/// cannot take them back, and the keys of their shares stay. So a job is not forming for ever.
package enum FormingFailure {
    /// How often it is tried.
    package static let attempts = 3
    package static let pause: Duration = .seconds(5)

    package enum Next: Sendable, Equatable {
        /// The same job again, after a pause.
        case again(after: Duration)
        /// Its reports wait again.
        case dissolve
    }

    /// - Parameter failed: how often, with the last time.
    package static func next(failed: Int) -> Next { failed >= attempts ? .dissolve : .again(after: pause) }
}
