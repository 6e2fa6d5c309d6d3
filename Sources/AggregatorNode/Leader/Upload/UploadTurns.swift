/// Who of many uploads may decrypt now: a few at a time, a slice of reports each, in the order in which they asked.
///
/// A request of a thousand reports and one of a single report take turns, and whatever else the threads have to do is
/// never behind more than a slice for every place.
package actor UploadTurns {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    package init(places: Int) {
        free = max(1, places)
    }

    /// Runs `work` when it is its turn.
    package func take<Value: Sendable>(_ work: @Sendable () async throws -> Value) async rethrows -> Value {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
        defer { pass() }
        return try await work()
    }

    /// The place goes to the first who waits.
    private func pass() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
