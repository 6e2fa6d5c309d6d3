/// Does something to its end, also where the caller is cancelled or the process shuts down: what was heard is stored, and what was
/// taken is given back, so that whoever goes on knows it. For what ends by itself in a moment.
func evenWhileStopping<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
    try await Task { try await work() }.value
}
