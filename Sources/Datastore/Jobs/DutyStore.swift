/// What one process at a time does for the whole node, again and again: it has no end, and so is no job.
package enum Duty: String, Sendable, CaseIterable {
    /// Giving the log's entries their places. Each process makes tiles and checkpoints of what has one.
    case log
    /// Deleting shares of collected batches, and what is left of destroyed keys.
    case clearing
    /// Giving promised reports up in time.
    case promises
}

/// A duty that this process has for a while.
package struct DutyLease: Sendable, Equatable {
    package let duty: Duty
    let token: Int64

    package init(duty: Duty, token: Int64) {
        self.duty = duty
        self.token = token
    }
}

/// Who has a duty, for an operator.
package struct DutyStanding: Sendable, Equatable {
    package let duty: String
    /// What the process calls itself.
    package let holder: String
    /// Milliseconds until it may be taken by another; negative where that is over.
    package let left: Int64
}

/// Duties and who has them. As with jobs (``Lease``), time is the database's, and whoever has lost a duty stores nothing
/// more under it.
package protocol DutyStore: Sendable {
    /// Takes a duty that nobody has, or whose holder's time cannot be right (``DueTime``).
    ///
    /// - Parameters:
    ///   - holder: what this process calls itself, for operators.
    ///   - duration: every holder's.
    /// - Returns: nil where somebody has it.
    func takeDuty(_ duty: Duty, holder: String, for duration: Duration) async throws(DatastoreError) -> DutyLease?

    /// - Throws: `.leaseLost` where somebody else may have it.
    func renewDuty(_ lease: DutyLease, for duration: Duration) async throws(DatastoreError)

    /// Ends the leases and duties of processes that are gone, so that others go on at once. For a process that has claimed the
    /// database together with others; one that has lost its connection, and is there all the same, has its work taken from
    /// it.
    func endLeasesOfTheGone() async throws(DatastoreError)

    /// Gives a duty up; nothing where it is lost.
    func endDuty(_ lease: DutyLease) async throws(DatastoreError)

    func duties() async throws(DatastoreError) -> [DutyStanding]
}

extension NodeDatabase: DutyStore {
    package func endLeasesOfTheGone() async throws(DatastoreError) {
        // A process is there before it leases anything, so who is not there any more has left what is found first.
        try await write { session in
            guard try !session.connection.livingProcesses().isEmpty else { return }
            try session.endLeases { try session.connection.livingProcesses() }
        }
    }

    package func takeDuty(
        _ duty: Duty, holder: String, for duration: Duration
    ) async throws(DatastoreError) -> DutyLease? {
        let lease = DutyLease(duty: duty, token: LeaseClaim.randomToken())
        return try await write { session in
            let now = session.dialect.now
            let taken = try session.execute(
                """
                INSERT INTO duties (name, token, until, holder) VALUES ($1, $2, \(now) + $3, $4)
                ON CONFLICT (name) DO UPDATE SET token = excluded.token, until = excluded.until, holder = excluded.holder
                WHERE duties.until <= \(now) OR duties.until > \(now) + $5
                """,
                [
                    duty.rawValue, lease.token, duration.milliseconds, holder,
                    (duration + DueTime.slack).milliseconds,
                ])
            return taken == 1 ? lease : nil
        }
    }

    package func renewDuty(_ lease: DutyLease, for duration: Duration) async throws(DatastoreError) {
        try await write { session in
            let renewed = try session.execute(
                "UPDATE duties SET until = \(session.dialect.now) + $3 WHERE name = $1 AND token = $2",
                [lease.duty.rawValue, lease.token, duration.milliseconds])
            guard renewed == 1 else { throw DatastoreError.leaseLost }
        }
    }

    package func endDuty(_ lease: DutyLease) async throws(DatastoreError) {
        try await write { session in
            try session.execute(
                "UPDATE duties SET token = 0, until = 0 WHERE name = $1 AND token = $2",
                [lease.duty.rawValue, lease.token])
        }
    }

    package func duties() async throws(DatastoreError) -> [DutyStanding] {
        try await read { session in
            try session.rows(
                "SELECT name, holder, until - \(session.dialect.now) AS remaining FROM duties WHERE token <> 0"
            ).map {
                DutyStanding(
                    duty: try $0.text("name"), holder: try $0.text("holder"), left: try $0.integer("remaining"))
            }.sorted { $0.duty < $1.duty }
        }
    }
}

extension Session {
    /// Ends all leases and duties of processes that are gone: for one that has just claimed the database. Jobs that waited only
    /// because exchanges failed fall due where no other replica is at work, for an operator who restarts a node does not want to
    /// wait; what the peer asked for goes on.
    ///
    /// - Parameter living: other replicas that are at work.
    func endFormerLeases(sparing living: () throws -> Set<Int64>) throws {
        try endLeases(sparing: living)
        guard try living().isEmpty else { return }
        for kind in LeasedRows.all { try hurryAll(kind) }
    }

    /// Ends all leases and duties of processes that are gone.
    ///
    /// - Parameter living: those that are there now. Asked for each time after leases were read, as one that has come
    ///   meanwhile may have some.
    fileprivate func endLeases(sparing living: () throws -> Set<Int64>) throws {
        for kind in LeasedRows.all { try endLeases(kind, sparing: living) }
        try endHelperLeases(sparing: living)
        let held = try rows("SELECT name, token FROM duties WHERE token <> 0 ORDER BY name")
            .map { (name: try $0.text("name"), token: try $0.integer("token")) }
        let spared = held.isEmpty ? [] : try living()
        try executeMany(
            "UPDATE duties SET token = 0, until = 0 WHERE name = $1 AND token = $2",
            held.filter { !spared.contains(ProcessNumber.holder(ofToken: $0.token)) }.map { [$0.name, $0.token] })
    }

    /// The first statement of what a duty's holder stores.
    ///
    /// - Throws: `.leaseLost` where somebody else may have it.
    func require(_ lease: DutyLease) throws {
        let held = try execute(
            "UPDATE duties SET until = until WHERE name = $1 AND token = $2", [lease.duty.rawValue, lease.token])
        guard held == 1 else { throw DatastoreError.leaseLost }
    }
}
