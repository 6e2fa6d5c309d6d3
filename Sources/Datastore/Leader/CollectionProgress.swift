/// How it has gone with a collection since it was made, or since its last step.
///
/// Durable, so that a leader that is restarted forgets nothing of it, and another process may go on; what follows from it is
/// decided by pure rules.
package struct CollectionProgress: Sendable, Equatable {
    /// How often in a row a step failed, for whatever reason.
    package var failures: Int
    /// How often in a row the helper has refused its part.
    package var refusals: Int
    /// How often in a row somebody has said that a request is too long.
    package var longRequests: Int
    /// When that was said first, in POSIX seconds.
    package var longSince: UInt64?
    /// How often the helper has named reports that it does not hold. A step does not end that.
    package var comparisons: Int
    /// How often in a row the collection waited for the same number of reports.
    package var looks: Int
    /// How many reports of its batch were neither accepted nor rejected at the last look; nil: it does not wait for reports.
    package var unfinished: UInt64?
    /// Whether the peer asked for the present pause.
    package var isAsked: Bool
    /// What it waits for, for people; nil: nothing that is known.
    package var note: String?

    package init(
        failures: Int = 0, refusals: Int = 0, longRequests: Int = 0, longSince: UInt64? = nil, comparisons: Int = 0,
        looks: Int = 0, unfinished: UInt64? = nil, isAsked: Bool = false, note: String? = nil
    ) {
        self.failures = failures
        self.refusals = refusals
        self.longRequests = longRequests
        self.longSince = longSince
        self.comparisons = comparisons
        self.looks = looks
        self.unfinished = unfinished
        self.isAsked = isAsked
        self.note = note
    }

    /// What is left of it after a step: whatever was in the way of that one is not in the way of the next.
    package var afterStep: CollectionProgress { CollectionProgress(comparisons: comparisons) }
}

extension CollectionProgress {
    /// The columns of leader_collections.
    init(_ row: SQLRow) throws {
        self.init(
            failures: Int(try row.integer("failures")), refusals: Int(try row.integer("refusals")),
            longRequests: Int(try row.integer("long_requests")), longSince: try row.optionalUnsigned("long_since"),
            comparisons: Int(try row.integer("comparisons")), looks: Int(try row.integer("looks")),
            unfinished: try row.optionalUnsigned("unfinished"), isAsked: try row.flag("is_asked"),
            note: try row.optionalText("note"))
    }

    /// Their assignments, beginning with a comma.
    ///
    /// - Parameter first: the number of the first argument.
    static func assignments(from first: Int) -> String {
        columns.enumerated().map { ", \($0.element) = $\(first + $0.offset)" }.joined()
    }

    private static let columns = [
        "failures", "refusals", "long_requests", "long_since", "comparisons", "looks", "unfinished", "is_asked", "note",
    ]

    /// In the order of ``assignments(from:)``.
    var arguments: SQLArguments {
        [
            failures, refusals, longRequests, longSince?.clampedToInt64, comparisons, looks, unfinished?.clampedToInt64,
            isAsked, note,
        ]
    }
}
