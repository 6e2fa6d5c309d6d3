import DAP
import Encodings

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

    /// The same report in another state.
    package func with(_ state: State) -> ReportRecord {
        ReportRecord(taskID: taskID, reportID: reportID, time: time, state: state, opening: opening)
    }

    package init(taskID: TaskID, reportID: ReportID, time: UInt64, state: State, opening: ReportOpening?) {
        self.taskID = taskID
        self.reportID = reportID
        self.time = time
        self.state = state
        self.opening = opening
    }
}

/// The record's file: `{"cairn_report": 1, …}`, integers of the input as decimal strings because JSON numbers are
/// exact to 2^53 only.
struct ReportRecordFile: Codable {
    struct Opening: Codable {
        let values: [String]
        let blinds: [String]
    }

    let cairnReport: Int
    let taskId: String
    let reportId: String
    let time: UInt64
    let state: String
    let reason: String?
    let opening: Opening?

    init(_ record: ReportRecord) {
        cairnReport = 1
        taskId = record.taskID.base64URL
        reportId = record.reportID.base64URL
        time = record.time
        switch record.state {
        case .sent: (state, reason) = ("sent", nil)
        case .stored: (state, reason) = ("stored", nil)
        case .rejected(let why): (state, reason) = ("rejected", why)
        case .withdrawn: (state, reason) = ("withdrawn", nil)
        }
        opening = record.opening.map { opening in
            Opening(values: opening.values.map { String($0) }, blinds: opening.blinds.map { Hex.encode($0) })
        }
    }

    /// Nil where a field is not of its form, or the version is not ours.
    var record: ReportRecord? {
        guard cairnReport == 1, let taskID = TaskID(base64URL: taskId), let reportID = ReportID(base64URL: reportId)
        else { return nil }
        let decodedState: ReportRecord.State
        switch state {
        case "sent": decodedState = .sent
        case "stored": decodedState = .stored
        case "rejected": decodedState = .rejected(reason ?? "")
        case "withdrawn": decodedState = .withdrawn
        default: return nil
        }
        var decodedOpening: ReportOpening?
        if let opening {
            let values = opening.values.compactMap { UInt128($0) }
            let blinds = opening.blinds.compactMap { Hex.decode($0) }
            guard values.count == opening.values.count, blinds.count == 2, blinds.allSatisfy({ $0.count == 32 }) else {
                return nil
            }
            decodedOpening = ReportOpening(values: values, blinds: blinds)
        }
        return ReportRecord(
            taskID: taskID, reportID: reportID, time: time, state: decodedState, opening: decodedOpening)
    }
}
