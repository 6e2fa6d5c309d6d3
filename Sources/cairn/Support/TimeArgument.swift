import ArgumentParser
import DAP
import Foundation

/// A moment on the command line: POSIX seconds, or RFC 3339 such as `2026-11-22T08:00:00Z`.
struct TimeArgument: ExpressibleByArgument, Equatable {
    let seconds: UInt64

    init(seconds: UInt64) { self.seconds = seconds }

    init?(argument: String) {
        if let seconds = UInt64(argument) {
            self.seconds = seconds
            return
        }
        guard let date = try? Date(argument, strategy: .iso8601), date.timeIntervalSince1970 >= 0 else { return nil }
        seconds = UInt64(date.timeIntervalSince1970)
    }

    /// RFC 3339 in UTC.
    static func text(_ seconds: UInt64) -> String {
        guard seconds < 253_402_300_800 else { return "\(seconds)" }
        return Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
    }
}

/// `START..END` on the command line; END is not part of it.
struct IntervalArgument: ExpressibleByArgument, Equatable {
    let start: UInt64
    let end: UInt64

    init?(argument: String) {
        guard let separator = argument.range(of: ".."),
            let start = TimeArgument(argument: String(argument[..<separator.lowerBound])),
            let end = TimeArgument(argument: String(argument[separator.upperBound...])),
            start.seconds < end.seconds
        else { return nil }
        self.start = start.seconds
        self.end = end.seconds
    }

    /// In units of `precision` seconds.
    ///
    /// - Throws: where an end does not fall on a whole unit: reports inside a unit cannot be told apart.
    func interval(precision: UInt64) throws -> Interval {
        for moment in [start, end] where precision == 0 || moment % precision != 0 {
            let below = precision == 0 ? 0 : moment - moment % precision
            throw CommandFailure(
                "\(TimeArgument.text(moment)) is not a multiple of the task's time precision of \(precision) seconds",
                advice: "Take \(TimeArgument.text(below)) or a whole number of steps later.")
        }
        return Interval(start: start / precision, duration: (end - start) / precision)
    }
}
