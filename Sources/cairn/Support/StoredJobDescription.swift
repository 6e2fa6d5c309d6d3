import AggregatorNode
import Datastore

/// An aggregation job that a helper has stored and not verified yet, for the helper's operator.
struct StoredJobDescription: Encodable {
    /// Its name in the protocol, which its leader knows too.
    let job: String
    let taskId: String
    /// When it came.
    let arrived: String
    let reports: Int
    /// Of its request.
    let bytes: Int
    /// How often it was taken to be verified.
    let attempts: Int
    /// What it waits for: `worker`, `takeover`, `turn` or `pause`.
    let waitsFor: String
    /// When its pause ends, or its worker has to say that it goes on; nothing where it is due.
    let until: String?

    private let wait: JobWait

    private enum CodingKeys: String, CodingKey {
        case job, taskId, arrived, reports, bytes, attempts, waitsFor, until
    }

    /// - Parameter now: POSIX seconds.
    init(_ stored: WaitingHelperJob, now: UInt64) {
        job = stored.id.base64URL
        taskId = stored.task.base64URL
        arrived = TimeArgument.text(stored.arrived)
        reports = stored.reports
        bytes = stored.bytes
        attempts = stored.attempts
        wait = stored.wait
        waitsFor = wait.rawValue
        until = stored.left > .zero ? TimeArgument.text(now + UInt64(stored.left.components.seconds)) : nil
    }

    /// For people: since when it waits, and for what, in one line.
    ///
    /// - Parameter now: POSIX seconds.
    func line(now: UInt64) -> String {
        let count = "\(reports) \(reports == 1 ? "report" : "reports")"
        let tries = attempts == 0 ? "" : ", taken \(attempts) \(attempts == 1 ? "time" : "times")"
        let end = until.map { " until \(TimeArgument.forPeople($0, now: now))" } ?? ""
        let when = wait == .worker ? "being verified" : "\(wait.words)\(end)"
        return "\(count), stored \(TimeArgument.forPeople(arrived, now: now))\(tries), \(when)"
    }
}
