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
    /// When it is sent again, or its lease runs out.
    let due: String
    /// The helper's last answer: `deferred`, `unusable`, `refused` or `wrong`; nothing where there was none.
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

    /// - Parameter now: POSIX seconds.
    init(_ job: PendingJobOverview, now: UInt64) {
        self.job = job.key
        taskId = job.task.base64URL
        state = job.isForming ? "forming" : "pending"
        reports = job.reports
        leased = job.isLeased
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
        let tries = attempts.map { ", answered '\(answer ?? "")' \($0) \($0 == 1 ? "time" : "times") in a row" } ?? ""
        let next = TimeArgument.forPeople(due, now: now) + (asked == true ? " (it asked for that)" : "")
        let when =
            switch (leased, state) {
            case (true, "forming"): ", being verified"
            case (true, _): ", being sent"
            case (false, _): ", next \(next)"
            }
        return "\(count)\(tries)\(when)\(lastReason.map { ": \($0)" } ?? "")"
    }
}
