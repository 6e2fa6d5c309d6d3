import DAP
import TaskTypes

/// One report in a contributor's history.
public struct ReportRecord: Sendable, Equatable {
    /// How far a report has come, as its contributor knows.
    public enum State: Sendable, Equatable {
        /// Written before the upload; what the leader answered is not known.
        case sent
        /// The leader said, for this reason, that it did not take it just now. It can be sent again as it is.
        case notTaken(String)
        /// The leader has stored it.
        case stored
        /// The leader refused it, for this reason (the standard's name).
        case rejected(String)
        /// Taken back.
        case withdrawn
    }

    /// The task that the report is for.
    public let taskID: TaskID
    /// The report's name.
    public let reportID: ReportID
    /// POSIX seconds, in steps of the task's unit.
    public let time: UInt64
    /// How far it has come.
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

    /// The report's name among those of all tasks.
    public var key: ReportKey { ReportKey(taskID, reportID) }

    /// The same report in another state.
    func with(_ state: State) -> ReportRecord {
        ReportRecord(taskID: taskID, reportID: reportID, time: time, state: state, opening: opening)
    }

    /// The same report without the input and what opens its commitments.
    var withoutOpening: ReportRecord {
        ReportRecord(taskID: taskID, reportID: reportID, time: time, state: state, opening: nil)
    }

    /// What two wallets know about one report: an opening if either has one, and the later state.
    func merged(with other: ReportRecord) -> ReportRecord {
        ReportRecord(
            taskID: taskID, reportID: reportID, time: time,
            state: other.state.stage > state.stage ? other.state : state, opening: opening ?? other.opening)
    }
}

extension ReportRecord.State {
    /// Whether the leader has not said yet what becomes of the report: it can be sent again as it is.
    package var isOpen: Bool {
        switch self {
        case .sent, .notTaken: true
        case .stored, .rejected, .withdrawn: false
        }
    }

    /// Position in the order in which a report gets its states.
    fileprivate var stage: Int {
        switch self {
        case .notTaken: 0
        case .sent: 1
        case .stored: 2
        case .rejected: 3
        case .withdrawn: 4
        }
    }
}

/// Names a report among those of all tasks.
public struct ReportKey: Hashable, Sendable {
    /// The task.
    public let taskID: TaskID
    /// The report's name in it.
    public let reportID: ReportID

    /// The key of a task's report.
    public init(_ taskID: TaskID, _ reportID: ReportID) {
        self.taskID = taskID
        self.reportID = reportID
    }
}

/// What the log said about a report whose upload had a doubtful end: refused, not answered, or taken back.
///
/// `enum { settled(0), counts(1), taken_back(2), (255) } Doubt`
package enum ReportDoubt: UInt8, Sendable, Equatable {
    /// Nothing has to be found out any more: the log shows that the report is out, or its owner decided.
    case settled = 0
    /// The log shows that it counts, and its owner has not said yet that another report is wanted beside it.
    case counts = 1
    /// It is out, because the client took it back before it would have made another one; its owner did not ask for that.
    case takenBack = 2

    /// Whether nothing has to be found out any more.
    package var isSettled: Bool { self != .counts }
}
