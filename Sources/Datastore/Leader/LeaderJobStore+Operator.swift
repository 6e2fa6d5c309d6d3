// What an operator may do about an aggregation job. It waits for nobody: who works on it may be what is wrong.

extension NodeDatabase {
    /// Lets a job fall due now, whatever pause it has.
    package func retryJob(_ key: Int64) async throws(DatastoreError) -> JobHurry {
        try await write { try $0.hurry(.aggregation, key) }
    }
}
