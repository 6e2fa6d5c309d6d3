import DAP
import Datastore
import Encodings
import Ledger

/// What a collection waits for, in words for the collector (`Cairn-Waiting-For` of an answer without a result) and for the
/// leader's operator. They are stored with it.
///
/// The helper's words may be part of it. Nothing secret is in them: a node's error texts never have shares or tokens.
package enum WaitingNote {
    package static let headerName = "Cairn-Waiting-For"
    package static let maximumLength = 300

    /// - Parameter lastAnswer: what became of the last request for them, if it failed.
    package static func aggregation(of reports: UInt64, helper: String, lastAnswer: String?) -> String {
        let text = "the helper at \(helper): \(reports) \(reports == 1 ? "report is" : "reports are") not verified yet"
        return lastAnswer.map { "\(text), last answer: \($0)" } ?? text
    }

    /// - Parameter time: in POSIX seconds; 0 where another process of the node is about to.
    package static func window(until time: UInt64) -> String {
        time == 0
            ? "the log, which gives the last reports of the batch their places"
            : "the log: the last reports of the batch stand in it after \(PeopleTime.text(time))"
    }

    package static func deferral(helper: String, seconds: Int) -> String {
        "the helper at \(helper): it asks for \(seconds) s to make its aggregate share"
    }

    /// Said where nothing is stored yet of how a step goes: its request is repeated for a minute before it counts as failed.
    package static func asking(_ state: CollectionState, isCommitted: Bool, helper: String) -> String? {
        switch state {
        case .sealed where isCommitted: "the helper at \(helper): asked for \(ShareRequest.close.name), no answer yet"
        case .sealed, .closed: "the helper at \(helper): asked for \(ShareRequest.share.name), no answer yet"
        case .waiting, .shareReceived, .published, .finished, .failed: nil
        }
    }

    /// What a collection waits for, as far as is known.
    package static func of(_ job: StoredCollection, isCommitted: Bool, helper: String) -> String? {
        job.progress.note ?? asking(job.state, isCommitted: isCommitted, helper: helper)
    }

    static func trouble(_ error: any Error, helper: String) -> String {
        switch error {
        case let error as HelperUnavailable: "the helper at \(helper): \(error)"
        case let error as PeerError: "the helper at \(helper): \(error)"
        case let error as LogKeeperError: "a cosigned checkpoint: \(error)"
        default: "the leader, whose own log says why"
        }
    }

    /// As it is stored and as a header can carry it: visible ASCII, not too much of it.
    package static func headerValue(_ text: String) -> String {
        let visible = text.unicodeScalars.map { (0x20...0x7E).contains($0.value) ? Character($0) : " " }
        return String(visible.prefix(maximumLength))
    }
}
