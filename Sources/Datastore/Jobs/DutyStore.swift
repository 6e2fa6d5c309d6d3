/// What one process at a time does for the whole node, again and again: it has no end, and so is no job.
package enum Duty: String, Sendable, CaseIterable {
    /// Numbering, signing and publishing the log.
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
    /// Takes a duty that nobody has.
    ///
    /// - Parameter holder: what this process calls itself, for operators.
    /// - Returns: nil where somebody has it.
    func takeDuty(_ duty: Duty, holder: String, for duration: Duration) async throws(DatastoreError) -> DutyLease?

    /// - Throws: `.leaseLost` where somebody else may have it.
    func renewDuty(_ lease: DutyLease, for duration: Duration) async throws(DatastoreError)

    /// Gives a duty up; nothing where it is lost.
    func endDuty(_ lease: DutyLease) async throws(DatastoreError)

    func duties() async throws(DatastoreError) -> [DutyStanding]
}

extension NodeDatabase: DutyStore {
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
                WHERE duties.until <= \(now)
                """, [duty.rawValue, lease.token, duration.milliseconds, holder])
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
    /// Ends all leases and duties: for a process that has just claimed the database, and so knows that whoever had them is
    /// gone. Jobs that waited only because exchanges failed fall due, for an operator who restarts a node does not want to
    /// wait; what the peer asked for goes on.
    func endFormerLeases() throws {
        try endLeases(.aggregation)
        try hurryJobs()
        try endLeases(.collection)
        try hurryCollections()
        try execute("UPDATE duties SET token = 0, until = 0 WHERE token <> 0")
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
