import NIOCore

/// What an HTTP/1 connection waits for, and until when. Pure: events come in with their time, a deadline goes out.
///
/// Only the client's time counts. While a handler thinks, or does not read on, nothing runs: verification of a large job
/// may take minutes. A body has ``ServingLimits/transfer`` and what its length allows beyond that, so a trickle that
/// keeps coming ends as well.
package struct ConnectionClock {
    /// What has come of a request.
    private enum Request {
        case none(since: NIODeadline)
        case head(since: NIODeadline)
        case body(Body)
        case complete
    }

    private struct Body {
        var received = 0
        /// How long we have waited for the client in all, up to the last byte.
        var waited: TimeAmount = .zero
        /// Since when we wait now; nil while nobody reads.
        var waitingSince: NIODeadline?
    }

    private enum Answer {
        case none
        case writing(since: NIODeadline, bytes: Int)
        case done
    }

    /// What the client has been too slow with.
    package enum Lateness: Equatable {
        /// No request on an open connection.
        case silence
        case head, body, answer
        /// It does not close its side of a connection that ends.
        case goodbye
    }

    private let limits: ServingLimits
    private var request: Request
    private var answer = Answer.none
    private var isFresh = true
    private var lingersSince: NIODeadline?
    private var stopsSince: NIODeadline?

    package init(limits: ServingLimits, now: NIODeadline) {
        self.limits = limits
        request = .none(since: now)
    }

    /// Whether all of a request has come, and its answer is not out.
    package var isWorking: Bool {
        guard case .complete = request else { return false }
        if case .done = answer { return false }
        return true
    }

    /// Whether a request's head has come and its end has not.
    package var isReadingBody: Bool { if case .body = request { true } else { false } }

    // MARK: Events

    /// Bytes have come that are not a whole head yet.
    package mutating func partOfHead(at now: NIODeadline) {
        if case .none = request { request = .head(since: now) }
    }

    package mutating func headArrived(at now: NIODeadline) {
        request = .body(Body(waitingSince: now))
        answer = .none
        isFresh = false
    }

    package mutating func bodyArrived(_ count: Int, at now: NIODeadline) {
        guard case .body(var body) = request else { return }
        body.received += count
        if let since = body.waitingSince { body.waited = body.waited + (now - since) }
        // Reading on is an event of its own.
        body.waitingSince = nil
        request = .body(body)
    }

    /// More is read from the client.
    package mutating func reads(at now: NIODeadline) {
        guard case .body(var body) = request, body.waitingSince == nil else { return }
        body.waitingSince = now
        request = .body(body)
    }

    package mutating func requestEnded(at now: NIODeadline) {
        request = .complete
        if case .done = answer { idles(at: now) }
    }

    package mutating func answers(_ count: Int, at now: NIODeadline) {
        guard case .writing(let since, let bytes) = answer else {
            answer = .writing(since: now, bytes: count)
            return
        }
        answer = .writing(since: since, bytes: bytes + count)
    }

    /// The answer's last byte has left.
    package mutating func answered(at now: NIODeadline) {
        answer = .done
        if case .complete = request { idles(at: now) }
    }

    /// The connection is to end as soon as the client has seen that.
    package mutating func lingers(at now: NIODeadline) {
        lingersSince = lingersSince ?? now
    }

    /// The server ends: what is under way may end, and no client may take more than ``ServingLimits/transfer`` for it.
    package mutating func stops(at now: NIODeadline) {
        stopsSince = stopsSince ?? now
    }

    private mutating func idles(at now: NIODeadline) {
        request = .none(since: now)
        answer = .none
    }

    // MARK: Deadlines

    /// The next time at which the client is late; nil while nobody waits for it.
    ///
    /// - Parameter isCrowded: whether connections run short.
    package func deadline(isCrowded: Bool) -> (time: NIODeadline, lateness: Lateness)? {
        guard let (time, lateness) = usualDeadline(isCrowded) else { return nil }
        return (stopsSince.map { min(time, $0 + limits.transfer) } ?? time, lateness)
    }

    private func usualDeadline(_ isCrowded: Bool) -> (time: NIODeadline, lateness: Lateness)? {
        if let lingersSince { return (lingersSince + limits.linger, .goodbye) }
        if case .writing(let since, let bytes) = answer {
            return (limits.deadline(of: bytes, since: since, isCrowded: isCrowded), .answer)
        }
        switch request {
        case .none(let since):
            let patience = isFresh ? limits.head : limits.idle
            return (since + (isCrowded ? min(patience, limits.crowdedIdle) : patience), .silence)
        // A head is a packet or two: whoever sends half of one is silent, too.
        case .head(let since):
            return (since + (isCrowded ? min(limits.head, limits.crowdedIdle) : limits.head), .head)
        case .body(let body):
            guard let since = body.waitingSince else { return nil }
            return (limits.deadline(of: body.received, since: since, isCrowded: isCrowded) - body.waited, .body)
        case .complete: return nil
        }
    }
}
