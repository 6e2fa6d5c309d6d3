import DAP
import Synchronization

/// What the public status of tasks was when each was asked for the first time in a window.
///
/// Numbers that change with every upload would tell anybody who asks often enough what the log hides: when reports come. So a
/// task whose log lets words wait has one status for the length of a window.
final class ShownStatus: Sendable {
    private struct Shown {
        let end: UInt64
        let json: [UInt8]
    }

    private let shown = Mutex<[TaskID: Shown]>([:])

    /// - Parameters:
    ///   - end: of the window of now, in POSIX seconds; nil where the log lets nothing wait.
    ///   - make: makes the status of now.
    func json(of task: TaskID, windowEnd end: UInt64?, _ make: () async throws -> [UInt8]) async throws -> [UInt8] {
        guard let end else { return try await make() }
        if let known = shown.withLock({ $0[task] }), known.end == end { return known.json }
        let json = try await make()
        // Of two that ask at the same time, the first decides for both.
        return shown.withLock { shown in
            if let known = shown[task], known.end == end { return known.json }
            shown[task] = Shown(end: end, json: json)
            return json
        }
    }
}
