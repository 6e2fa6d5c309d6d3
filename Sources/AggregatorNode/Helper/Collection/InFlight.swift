/// Work that several callers ask for at the same time and that shall be done once.
///
/// A leader that gives up waiting and repeats its request meets the work that is already under way.
actor InFlight<Key: Hashable & Sendable, Value: Sendable> {
    private var running: [Key: Task<Value, any Error>] = [:]

    /// The result of `work`, or of the work that runs under the same key already.
    func result(_ key: Key, _ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        if let present = running[key] { return try await present.value }
        // Not a child task: the work goes on when the first caller hangs up, for those who repeat the request.
        let task = Task { try await work() }
        running[key] = task
        defer { running[key] = nil }
        return try await task.value
    }
}
