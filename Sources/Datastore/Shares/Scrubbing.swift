// What is left of keys after they were destroyed: in SQLite's write-ahead log, in PostgreSQL's dead rows. The engine can
// clean that up, but only behind the transaction that destroyed them, and a node may be killed in between, or somebody may
// be in the way. So that transaction says that it is due, and whoever has cleaned up says that it is done.

extension NodeDatabase {
    /// Has the engine clean up, where that is due.
    ///
    /// - Returns: false where it is still due, because somebody was in the way.
    @discardableResult
    package func scrubIfDue() async throws(DatastoreError) -> Bool {
        let due = try await read { session in
            try session.rows("SELECT scrub FROM scrubs_due").map { SQLValue.integer(try $0.integer("scrub")) }
        }
        guard !due.isEmpty else { return true }
        guard try await engine.scrub() else { return false }
        // What was destroyed meanwhile is none of these.
        try await write { session in
            _ = try session.execute([], matching: due) { "DELETE FROM scrubs_due WHERE scrub IN (\($0))" }
        }
        return true
    }

    /// Who may be in the way for long, for an operator.
    package var scrubAdvice: String {
        guard engine.dialect == .postgreSQL else {
            return "another program reads the file all the time, such as a copying one or a shell: end it"
        }
        return
            "an open transaction (pg_stat_activity), a prepared one (pg_prepared_xacts), a replication slot "
            + "(pg_replication_slots) or a standby with hot_standby_feedback (pg_stat_replication) still sees them, "
            + "so end or drop what has the oldest backend_xmin, transaction or xmin; or the server does not count "
            + "what it cleans up, so set track_counts = on"
    }

    /// The same, at once, for whoever has destroyed keys. It is no failure of what they have stored where it does not work
    /// now: it stays due, and is done later, in the background.
    func tryToScrub() async {
        _ = try? await scrubIfDue()
    }
}

extension Session {
    /// Says that keys are destroyed in this transaction. Everybody adds a row, so nobody waits for another.
    func markScrubDue() throws {
        try execute("INSERT INTO scrubs_due DEFAULT VALUES")
    }
}
