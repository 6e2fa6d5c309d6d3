import DAP

/// One report in a contributor's history.
public struct ReportRecord: Sendable, Equatable {
    public enum State: Sendable, Equatable {
        /// Written before the upload; what the leader answered is not known.
        case sent
        /// The leader has stored it.
        case stored
        /// The leader refused it, for this reason (the standard's name).
        case rejected(String)
        /// Taken back.
        case withdrawn
    }

    public let taskID: TaskID
    public let reportID: ReportID
    /// POSIX seconds, in steps of the task's unit.
    public let time: UInt64
    public let state: State
    /// The input and the two blinding factors; nil for uncommitted tasks. Secret.
    package let opening: ReportOpening?

    package init(taskID: TaskID, reportID: ReportID, time: UInt64, state: State, opening: ReportOpening?) {
        self.taskID = taskID
        self.reportID = reportID
        self.time = time
        self.state = state
        self.opening = opening
    }

    public var key: ReportKey { ReportKey(taskID, reportID) }

    /// The same report in another state.
    func with(_ state: State) -> ReportRecord {
        ReportRecord(taskID: taskID, reportID: reportID, time: time, state: state, opening: opening)
    }

    /// What two wallets know about one report: an opening if either has one, and the later state.
    func merged(with other: ReportRecord) -> ReportRecord {
        ReportRecord(
            taskID: taskID, reportID: reportID, time: time,
            state: other.state.stage > state.stage ? other.state : state, opening: opening ?? other.opening)
    }
}

extension ReportRecord.State {
    /// Position in the order in which a report gets its states.
    fileprivate var stage: Int {
        switch self {
        case .sent: 0
        case .stored: 1
        case .rejected: 2
        case .withdrawn: 3
        }
    }
}

/// Names a report among those of all tasks.
public struct ReportKey: Hashable, Sendable {
    public let taskID: TaskID
    public let reportID: ReportID

    public init(_ taskID: TaskID, _ reportID: ReportID) {
        self.taskID = taskID
        self.reportID = reportID
    }
}

/// What the log said about a report whose upload had a doubtful end: refused, not answered, or taken back.
///
/// `enum { settled(0), counts(1), (255) } Doubt`
package enum ReportDoubt: UInt8, Sendable, Equatable {
    /// Nothing has to be found out any more: the log shows that the report is out, or its owner decided.
    case settled = 0
    /// The log shows that it counts, and its owner has not said yet that another report is wanted beside it.
    case counts = 1
}
