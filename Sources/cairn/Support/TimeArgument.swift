import ArgumentParser
import DAP
import Encodings
import Foundation

/// A moment on the command line: POSIX seconds, RFC 3339 such as `2026-11-22T08:00:00Z`, or as messages write it
/// (`PeopleTime`), `2026-11-22 08:00 UTC`.
struct TimeArgument: ExpressibleByArgument, Equatable {
    let seconds: UInt64

    init(seconds: UInt64) { self.seconds = seconds }

    init?(argument: String) {
        if let seconds = UInt64(argument) {
            self.seconds = seconds
            return
        }
        let spelling = Self.rfc3339(argument) ?? argument
        guard let date = try? Date(spelling, strategy: .iso8601), date.timeIntervalSince1970 >= 0 else { return nil }
        seconds = UInt64(date.timeIntervalSince1970)
    }

    /// What a message wrote, in RFC 3339: a person may copy it from there.
    private static func rfc3339(_ text: String) -> String? {
        guard text.hasSuffix(" UTC") else { return nil }
        let parts = text.dropLast(4).split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        return "\(parts[0])T\(parts[1])\(parts[1].utf8.count == 5 ? ":00" : "")Z"
    }

    /// A moment that a JSON document has in RFC 3339, for a person.
    ///
    /// - Parameter now: says how far from this it is, where given.
    static func forPeople(_ text: String, now: UInt64? = nil) -> String {
        guard let moment = TimeArgument(argument: text)?.seconds else { return text }
        return now.map { PeopleTime.text(moment, now: $0) } ?? PeopleTime.text(moment)
    }

    /// RFC 3339 in UTC, for JSON and for arguments.
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
                "\(PeopleTime.text(moment)) is not a multiple of the task's time precision of \(precision) seconds",
                advice: "Take \(TimeArgument.text(below)) or a whole number of steps later.")
        }
        return Interval(start: start / precision, duration: (end - start) / precision)
    }
}
