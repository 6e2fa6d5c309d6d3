// The states of rows, and how statements name them.
//
// A life (`ReportLife`, `HelperReportLife`, `BatchLife`, `CollectionLife`, `HelperJobLife`) is a pure function from a
// state and an event to what changes or why nothing may; the stores read the state, ask the life, and carry out what it says.
// What a statement has in its text is the state that the life started from, so that a row which has changed meanwhile is
// noticed, never overwritten.

/// A state of rows: a number in the database, a literal in the text of a statement.
///
/// A literal, never an argument: a parameter that decides whether a partial index applies makes SQLite compile the statement
/// at every use. The numbers are for ever.
package protocol StoredState: RawRepresentable<Int64>, CaseIterable, Hashable, Sendable {}

extension StoredState {
    /// The state in the text of a statement.
    package var sql: String { String(rawValue) }

    /// Several of them in the text of a statement, as in `state IN (\(ReportState.sql(.received, .aggregating)))`: in the
    /// order in which indexes spell them.
    package static func sql(_ states: Self...) -> String { sql(states) }

    package static func sql(_ states: [Self]) -> String { states.map(\.sql).joined(separator: ", ") }
}

/// Every literal that statements have for a state, by the name of its type and its own: for tests that read statements in the
/// sources.
package enum StateLiterals {
    package static let all: [String: [String: Int64]] = [
        "ReportState": names(ReportState.self), "HelperReportState": names(HelperReportState.self),
        "BatchState": names(BatchState.self), "JobState": names(JobState.self),
        "CollectionState": names(CollectionState.self), "HelperJobKept": names(HelperJobKept.self),
        "QueuedWord": names(QueuedWord.self),
    ]

    private static func names<State: StoredState>(_ type: State.Type) -> [String: Int64] {
        Dictionary(type.allCases.map { ("\($0)", $0.rawValue) }) { first, _ in first }
    }
}
