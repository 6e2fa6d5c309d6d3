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
        let isNew = text != self.text || isOver(at: now)
        if let last, now - last < (isNew ? .seconds(1) : interval) { return nil }
        interval = isNew ? .seconds(1) : min(interval * 2, Self.longest)
        self.text = text
        last = now
        defer { silent = 0 }
        return silent
    }

    /// Whether the next line would be the first of its kind, whatever it said.
    package func isOver(at now: Instant) -> Bool { last.map { now - $0 > Self.longest * 2 } ?? true }
}

/// One ``LineRule`` for each thing that lines are about, for as long as it is about something.
package final class LineRules<Key: Hashable & Sendable>: Sendable {
    private struct State {
        var rules: [Key: LineRule] = [:]
        /// At so many, those that are over are dropped.
        var full = LineRules.fewest
    }

    private let state = Mutex(State())

    private static var fewest: Int { 64 }

    package init() {}

    /// - Returns: nil for no line; else how often this was noted since the last line, with this time.
    package func line(_ text: String, about key: Key, at now: LineRule.Instant = .now) -> Int? {
        state.withLock { state in
            if state.rules.count >= state.full, state.rules[key] == nil {
                state.rules = state.rules.filter { !$1.isOver(at: now) }
                state.full = max(Self.fewest, state.rules.count * 2)
            }
            return state.rules[key, default: LineRule()].line(text, at: now)
        }
    }

    /// How many things are remembered.
    package var count: Int { state.withLock { $0.rules.count } }
}
