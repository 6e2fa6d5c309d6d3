import Synchronization

/// When a state that lasts is worth another log line: when it changes, though not more often than every second, and
/// else at intervals that grow to ten minutes. Pure.
package struct LineRule {
    package typealias Instant = ContinuousClock.Instant

    private var text: String?
    private var last: Instant?
    private var interval: Duration = .seconds(1)
    /// How often it was noted since the last line.
    private var silent = 0

    private static let longest: Duration = .seconds(600)

    package init() {}

    /// - Returns: nil for no line; else how often the rule was asked since the last line, with this time.
    package mutating func line(_ text: String, at now: Instant) -> Int? {
        silent += 1
        let isNew = text != self.text || last.map { now - $0 > Self.longest * 2 } ?? true
        if let last, now - last < (isNew ? .seconds(1) : interval) { return nil }
        interval = isNew ? .seconds(1) : min(interval * 2, Self.longest)
        self.text = text
        last = now
        defer { silent = 0 }
        return silent
    }
}

/// One ``LineRule`` for each thing that lines are about.
final class LineRules<Key: Hashable & Sendable>: Sendable {
    private let rules = Mutex<[Key: LineRule]>([:])

    /// - Returns: nil for no line; else how often this was noted since the last line, with this time.
    func line(_ text: String, about key: Key) -> Int? {
        rules.withLock { $0[key, default: LineRule()].line(text, at: .now) }
    }
}
