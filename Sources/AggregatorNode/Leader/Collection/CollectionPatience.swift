/// How long a collection job waits between its steps. Pure: what happened comes in, a pause goes out.
///
/// Whatever the helper answers costs it one request a pause, and the leader next to nothing.
package struct CollectionPatience: Sendable {
    /// Before a step that failed is taken again.
    package static let firstPause: Duration = .milliseconds(250)
    package static let longestPause: Duration = .seconds(15)
    /// Between two looks at a batch whose reports are still being aggregated. The end of a job is a signal of its own.
    package static let firstLook: Duration = .seconds(1)
    package static let longestLook: Duration = .seconds(10)

    /// How often in a row a plain aggregator may fail to answer what only a Cairn node can.
    package static let mostFailures = 6

    /// How often in a row the helper has to refuse.
    package static let refusalsInARow = 2

    /// How often somebody has to say that a request is too long. It is nobody's signed word: one page of a proxy that is being
    /// set up must not end a collection.
    package static let longRequestsInARow = 6

    /// How often the reports of a batch may be compared for one job. Once is enough, unless aggregation jobs reach the helper
    /// late; a helper that names one report a time would keep the leader at it for as long as there are reports. (Where all that is named was withdrawn
    /// by its contributors, nobody is compared with anybody.)
    package static let mostComparisons = 8

    private var pause = firstPause
    private var failures = 0
    private var refusals = 0
    private var longRequests = 0
    private var comparisons = 0
    private var look = firstLook
    private var unfinished: UInt64?

    package init() {}

    /// A step was taken.
    package mutating func progressed() {
        let comparisons = comparisons
        self = CollectionPatience()
        self.comparisons = comparisons
    }

    /// A comparison with the helper has left reports out of the batch.
    ///
    /// - Returns: whether the job may go on with what is left.
    package mutating func compared() -> Bool {
        progressed()
        comparisons += 1
        return comparisons <= Self.mostComparisons
    }

    /// The helper has refused its part.
    ///
    /// - Returns: whether that is final. Else the same request is sent again after a pause.
    package mutating func refused() -> Bool {
        refusals += 1
        return refusals >= Self.refusalsInARow
    }

    /// A request was too long, for the helper or for what stands before it.
    ///
    /// - Returns: whether that is final. Else the same request is sent again after a pause.
    package mutating func wasTooLong() -> Bool {
        longRequests += 1
        return longRequests >= Self.longRequestsInARow
    }

    /// So many reports of the batch are neither accepted nor rejected.
    ///
    /// - Returns: whether aggregation has to be asked for, which is once for each change, and when to look again.
    package mutating func waits(for reports: UInt64) -> (demand: Bool, pause: Duration) {
        pause = Self.firstPause
        guard reports == unfinished else {
            unfinished = reports
            look = Self.firstLook
            return (true, look)
        }
        look = min(look * 2, Self.longestLook)
        return (false, look)
    }

    /// A step failed, and is taken again.
    ///
    /// - Parameters:
    ///   - retryAfter: seconds that the helper asked for; it is never asked sooner.
    ///   - jitter: between 0.5 and 1.5, so that jobs which failed together do not come back together.
    package mutating func failed(retryAfter: Int?, jitter: Double) -> Duration {
        failures += 1
        let wait = max(pause * jitter, .seconds(retryAfter ?? 0))
        pause = min(pause * 2, Self.longestPause)
        return wait
    }

    /// Whether a step has failed so often that one does without it where one can.
    package var isSpent: Bool { failures >= Self.mostFailures }

    /// The helper has deferred its share for so many seconds.
    package mutating func deferred(seconds: Int) -> Duration {
        pause = Self.firstPause
        return .seconds(max(seconds, 1))
    }
}
