import AggregatorNode
import Datastore

/// A collection that has not ended, for the leader's operator.
struct NodeCollectionDescription: Encodable {
    /// What `cairn node jobs` calls it.
    let collection: String
    /// Its name in its resource's URL.
    let collectionJob: String
    let taskId: String
    /// `waiting`, `sealed`, `closed`, `share_received` or `published`.
    let state: String
    /// Whether its collector has deleted it.
    let deleted: Bool
    /// Whether a process works on it now.
    let leased: Bool
    /// When it is taken up again, or its lease runs out.
    let due: String
    /// What it waits for; nothing where nothing is known.
    let waitingFor: String?
    /// How often in a row its present step has failed.
    let failures: Int
    /// Whether the helper asked for the pause.
    let asked: Bool

    /// - Parameter now: POSIX seconds.
    init(_ found: CollectionOverview, now: UInt64) {
        let job = found.stored
        collection = CollectionStop.name(of: job.key)
        collectionJob = job.id.base64URL
        taskId = job.task.base64URL
        state = job.state.name
        deleted = job.isHidden
        leased = found.isLeased
        due = TimeArgument.text(now + UInt64(max(0, found.left) / 1_000))
        waitingFor = job.progress.note
        failures = job.progress.failures
        asked = job.progress.isAsked
    }

    /// For people: how far it is and why it waits, in one line.
    ///
    /// - Parameter now: POSIX seconds.
    func line(now: UInt64) -> String {
        let tries = failures == 0 ? "" : ", failed \(failures) \(failures == 1 ? "time" : "times") in a row"
        let next = ", next \(TimeArgument.forPeople(due, now: now))\(asked ? " (it was asked for)" : "")"
        let gone = deleted ? ", deleted by its collector" : ""
        return "\(state)\(gone)\(tries)\(leased ? ", being worked on" : next)\(waitingFor.map { ": \($0)" } ?? "")"
    }
}
