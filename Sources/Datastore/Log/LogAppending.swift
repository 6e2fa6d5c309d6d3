import DAP

extension Session {
    /// Appends entries in the caller's transaction. Whoever appends holds the head until the transaction ends, so it comes
    /// late in it.
    ///
    /// - Returns: the index of the first.
    @discardableResult
    func appendLogEntries(_ entries: [[UInt8]]) throws -> Int64 {
        let head = try returningMany(
            "UPDATE log_head SET size = size + $1 RETURNING size", [[entries.count]])
        guard let size = try head[0]?.integer("size") else { throw DatastoreError.corrupt("log_head is empty") }
        let first = size - Int64(entries.count)
        try executeMany(
            "INSERT INTO log_entries (idx, bytes) VALUES ($1, $2)",
            entries.enumerated().map { [first + Int64($0.offset), $0.element.blob] })
        return first
    }
}
