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
        if let last, now - last < (text == self.text ? interval : .seconds(1)) { return nil }
        interval = text == self.text ? min(interval * 2, Self.longest) : .seconds(1)
        self.text = text
        last = now
        defer { silent = 0 }
        return silent
    }
}
