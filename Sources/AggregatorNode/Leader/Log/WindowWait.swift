/// How long to wait for the end of a window. Pure.
enum WindowWait {
    /// Seconds from `now` until a time, both in POSIX seconds: what `Retry-After` says. At least 1.
    static func seconds(until time: UInt64, now: UInt64) -> Int { Int(clamping: max(1, time - min(time, now))) }
}
