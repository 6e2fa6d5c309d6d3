import AggregatorNode
import Datastore

/// An aggregation job that has not ended, for the leader's operator.
struct NodeJobDescription: Encodable {
    let job: Int64
    let taskId: String
    /// `forming` (the leader verifies its shares), `pending` (it is sent until the helper answers it).
    let state: String
    let reports: UInt64
    /// Whether a process works on it now.
    let leased: Bool
    /// What it waits for: `worker` (a process works on it), `takeover` (that process has ended or stopped), `turn`, `pause`, or
    /// `asked_pause` (of the helper).
    let waitsFor: String
    /// When it is sent again, or its lease runs out.
    let due: String
    /// The helper's last answer: `deferred`, `unusable`, `refused` or `wrong`; `none` where nothing was sent because this node
    /// failed, and nothing where it has not.
    let answer: String?
    /// How many times in a row that was the answer.
    let attempts: Int?
    let lastReason: String?
    /// Whether the helper asked for the pause.
    let asked: Bool?
    /// Whether the helper may have accepted its reports.
    let mayBeCommitted: Bool?
    let sentAt: String?
    /// The helper's name for it.
    let helperJob: String?

    private let wait: JobWait

    private enum CodingKeys: String, CodingKey {
        case job, taskId, state, reports, leased, waitsFor, due, answer, attempts, lastReason, asked, mayBeCommitted
        case sentAt, helperJob
    }

    /// - Parameter now: POSIX seconds.
    init(_ job: PendingJobOverview, now: UInt64) {
        self.job = job.key
        taskId = job.task.base64URL
        state = job.isForming ? "forming" : "pending"
        reports = job.reports
        wait = job.wait
        leased = wait == .worker
        waitsFor = wait.rawValue
        due = TimeArgument.text(now + UInt64(max(0, job.left) / 1_000))
        let progress = job.progress
        answer = progress.map { "\($0.answer)" }
        attempts = progress?.attempts
        lastReason = progress?.reason
        asked = progress?.isAsked
        mayBeCommitted = progress?.mayBeCommitted
        sentAt = (progress?.sentAt).flatMap { $0 == 0 ? nil : TimeArgument.text($0) }
        helperJob = job.helperID
    }

    /// For people: what it is doing and why it waits, in one line.
    ///
    /// - Parameter now: POSIX seconds.
    func line(now: UInt64) -> String {
        let count = "\(reports) \(reports == 1 ? "report" : "reports")"
        let times = attempts.map { "\($0) \($0 == 1 ? "time" : "times") in a row" } ?? ""
        let tries =
            switch answer {
            case nil: ""
            case "none": ", not formed \(times)"
            case let answer?: ", answered '\(answer)' \(times)"
            }
        let next = TimeArgument.forPeople(due, now: now)
        let when =
            switch wait {
            case .worker: state == "forming" ? ", being verified" : ", being sent"
            case .takeover: ", \(wait.words): another takes it"
            case .turn: ", due"
            case .pause: ", next \(next)"
            case .askedPause: ", next \(next) (it asked for that)"
            }
        return "\(count)\(tries)\(when)\(lastReason.map { ": \($0)" } ?? "")"
    }
}
