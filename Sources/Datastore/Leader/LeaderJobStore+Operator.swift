// What an operator may do about an aggregation job. It waits for nobody: who works on it may be what is wrong.

extension NodeDatabase {
    /// Lets a job fall due now, whatever pause it has.
    ///
    /// - Returns: false where somebody works on it, or it has ended.
    package func retryJob(_ key: Int64) async throws(DatastoreError) -> Bool {
        try await write { session in
            let changed = try session.execute(
                """
                UPDATE leader_jobs SET due = 0
                WHERE job = $1 AND state <> \(JobState.ended.sql) AND lease_token = 0
                """, [key])
            return changed == 1
        }
    }
}
