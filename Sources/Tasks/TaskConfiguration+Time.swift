extension TaskConfiguration {
    /// A POSIX time in the task's units, rounded down (DAP-18 section 4.1.1).
    public func time(ofSeconds seconds: UInt64) -> UInt64 { seconds / timePrecision }

    /// The POSIX time at which a unit starts; nil where it exceeds 64 bits.
    public func seconds(of time: UInt64) -> UInt64? {
        let (seconds, overflow) = time.multipliedReportingOverflow(by: timePrecision)
        return overflow ? nil : seconds
    }

    /// When reports may be made, in POSIX seconds; nil where the task does not say, or beyond the end of time.
    package var taskSeconds: (start: UInt64, end: UInt64)? {
        guard let taskInterval, let end = taskInterval.end else { return nil }
        guard let first = seconds(of: taskInterval.start), let last = seconds(of: end) else { return nil }
        return (first, last)
    }
}
