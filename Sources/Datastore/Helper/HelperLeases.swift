// What processes that are gone have left of stored jobs.

extension Session {
    /// The tokens of those who have stored jobs that they took for the first time.
    func helperLeaseTokens() throws -> [Int64] {
        try rows(
            """
            SELECT lease_token FROM helper_jobs
            WHERE state > \(HelperJobKept.nothing.sql) AND lease_token <> 0 AND attempts <= 1
            """
        ).map { try $0.integer("lease_token") }
    }

    /// Lets those verify stored jobs who come after a process that is gone. Of a job that was taken more than once, and has no
    /// end, the lease runs out: it may be what has ended the process, and others come to their turn first.
    ///
    /// - Parameter living: the processes that are there; asked once the leases were read.
    func endHelperLeases(sparing living: () throws -> Set<Int64>) throws {
        let held = try helperLeaseTokens()
        guard !held.isEmpty else { return }
        let spared = try living()
        let ended = held.filter { !spared.contains(ProcessNumber.holder(ofToken: $0)) }.sorted()
        try executeMany(
            """
            UPDATE helper_jobs SET lease_token = 0, due = 0
            WHERE state > \(HelperJobKept.nothing.sql) AND lease_token = $1 AND attempts <= 1
            """, ended.map { [$0] })
    }
}
