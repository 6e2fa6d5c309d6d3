/// How long a task's log lets words about reports wait, in seconds. Pure.
///
/// Time is divided into windows of this length, from the POSIX epoch on. What the log has to say of a report waits until the
/// window is over in which it became due, and gets a place at random among what has waited with it: so the log, which is public
/// and has a time on each of its checkpoints, tells in which window something came, and not when.
public struct LogWindow: Hashable, Sendable {
    /// 1 to ``longest``.
    public let seconds: UInt32

    /// A week.
    public static let longest: UInt32 = 604_800

    /// - Returns: nil for no window, and for one that is too long.
    public init?(seconds: UInt32) {
        guard seconds > 0, seconds <= Self.longest else { return nil }
        self.seconds = seconds
    }

    /// What a task gets whose author says nothing: a unit of its report times, which every leaf has on it anyway.
    public static func usual(timePrecision: UInt64) -> LogWindow? {
        LogWindow(seconds: UInt32(clamping: min(timePrecision, UInt64(longest))))
    }

    /// The end of the window that a time is in: the first second behind it. Both in POSIX seconds.
    public func end(of time: UInt64) -> UInt64 {
        let length = UInt64(seconds)
        let (end, overflow) = (time - time % length).addingReportingOverflow(length)
        return overflow ? .max : end
    }
}

extension CairnTaskParameters {
    /// The end of the window that a time is in; nil where the log lets nothing wait.
    public func logWindowEnd(of time: UInt64) -> UInt64? { logWindow.map { $0.end(of: time) } }
}
