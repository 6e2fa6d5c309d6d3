/// What a time in a row may say. Pure.
///
/// Leases and pauses are kept as the moment at which they end, by the database's clock. Somebody may set that clock, and two
/// things follow. Where it is set forward, leases seem to have run out: others take the rows, and the token decides who may
/// store. Where it is set back, rows seem to be far from due, and nobody would come to them for as long as the clock was
/// wrong: so what stands further ahead than anybody puts a row means nothing, and the row is due.
package enum DueTime {
    /// Clocks are corrected by small steps all the time. Nobody loses a lease, or hurries anybody, for that.
    static let slack: Duration = .seconds(30)

    /// - Parameters:
    ///   - left: until the row falls due, by the clock of now.
    ///   - longest: for how long anybody has a row, or puts it off.
    package static func isPossible(left: Duration, longest: Duration) -> Bool { left <= longest + slack }
}

/// For how long a job of a kind may be somebody's, or wait.
package struct JobTimes: Sendable, Equatable {
    package var lease: Duration
    /// Between two exchanges.
    package var pause: Duration
    /// The same where the peer has asked for it.
    package var askedPause: Duration

    package init(lease: Duration, pause: Duration, askedPause: Duration) {
        self.lease = lease
        self.pause = pause
        self.askedPause = askedPause
    }

    /// - Parameters:
    ///   - isLeased: whether somebody has the job.
    ///   - isAsked: whether the peer has asked for its last pause.
    package func longest(isLeased: Bool, isAsked: Bool) -> Duration {
        isLeased ? lease : isAsked ? askedPause : pause
    }

    /// No job stands further ahead than this without being looked at.
    var shortest: Duration { min(lease, pause, askedPause) }

    /// Those of some rows (row_key, due, remaining, lease_token, is_asked) that stand further ahead than anybody puts one.
    func impossible(_ rows: [SQLRow]) throws -> [(row: Int64, due: Int64)] {
        try rows.filter { row in
            let longest = longest(
                isLeased: try row.integer("lease_token") != 0, isAsked: try row.flag("is_asked"))
            return !DueTime.isPossible(left: .milliseconds(try row.integer("remaining")), longest: longest)
        }.map { (row: try $0.integer("row_key"), due: try $0.integer("due")) }
    }
}
