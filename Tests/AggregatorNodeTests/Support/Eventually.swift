import Testing

/// Asks again and again until there is an answer, for two minutes.
///
/// A bound on patience, not on speed: on a machine that is busy with other tests a node may need many seconds for what
/// otherwise takes a few milliseconds.
@discardableResult
func eventually<Value>(
    _ what: String, every pause: Duration = .milliseconds(50), _ attempt: () async throws -> Value?
) async throws -> Value {
    let end = ContinuousClock.now + .seconds(120)
    while ContinuousClock.now < end {
        if let value = try await attempt() { return value }
        try await Task.sleep(for: pause)
    }
    throw NeverHappened(what: what)
}

struct NeverHappened: Error, CustomStringConvertible {
    let what: String
    var description: String { "two minutes passed before: \(what)" }
}
