/// A half-open interval of time (DAP-18 section 4.1.1).
///
/// ```
/// struct { Time start; Duration duration; } Interval;
/// ```
/// Times and durations count units of the task's `time_precision`, not seconds. Any pair of integers decodes; only
/// intervals with ``isValid`` describe a range of times.
public struct Interval: Hashable, WireMessage {
    /// The first time inside.
    public let start: UInt64
    /// How many units are inside.
    public let duration: UInt64

    /// The interval of `duration` units from `start` on.
    public init(start: UInt64, duration: UInt64) {
        self.start = start
        self.duration = duration
    }

    /// The smallest interval that contains both times.
    public init(from first: UInt64, through last: UInt64) {
        let earlier = min(first, last)
        let difference = max(first, last) - earlier
        self.init(start: earlier, duration: difference == .max ? .max : difference + 1)
    }

    /// The first time after the interval; nil where it exceeds 64 bits.
    public var end: UInt64? {
        let (end, overflow) = start.addingReportingOverflow(duration)
        return overflow ? nil : end
    }

    /// Whether the interval contains any time at all and ends within 64 bits.
    public var isValid: Bool { duration > 0 && end != nil }

    /// False for every time where the interval is not valid.
    public func contains(_ time: UInt64) -> Bool {
        guard let end else { return false }
        return start <= time && time < end
    }

    /// Whether all of `other` lies inside; false where either interval is not valid.
    public func contains(_ other: Interval) -> Bool {
        guard isValid, other.isValid, let end, let otherEnd = other.end else { return false }
        return start <= other.start && otherEnd <= end
    }

    /// Whether some time lies inside both; false where either interval is not valid.
    public func overlaps(_ other: Interval) -> Bool {
        guard isValid, other.isValid, let end, let otherEnd = other.end else { return false }
        return start < otherEnd && other.start < end
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        start = try reader.uint64("interval.start")
        duration = try reader.uint64("interval.duration")
    }

    public func encode(into writer: inout ByteWriter) {
        writer.write(start)
        writer.write(duration)
    }
}
