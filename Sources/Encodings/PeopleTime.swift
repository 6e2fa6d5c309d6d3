/// Moments and spans of time as people read them. Protocols and JSON keep seconds since 1970; a person gets
/// `2026-11-29 14:05 UTC (in 5 minutes)`.
///
/// Always UTC, and always said: the people of a task sit in several time zones and read each other's messages. Seconds
/// are shown where they are not zero, so that two moments which differ never look alike.
package enum PeopleTime {
    /// `2026-11-29 14:05 UTC`; the bare number where it lies beyond the year 9999.
    package static func text(_ seconds: UInt64) -> String {
        guard seconds < 253_402_300_800 else { return "second \(seconds) since 1970" }
        let (year, month, day) = date(days: seconds / 86_400)
        let ofDay = seconds % 86_400
        let clock = "\(two(ofDay / 3600)):\(two(ofDay / 60 % 60))" + (ofDay % 60 == 0 ? "" : ":\(two(ofDay % 60))")
        return "\(four(year))-\(two(month))-\(two(day)) \(clock) UTC"
    }

    /// The same, with how far from `now` it is.
    package static func text(_ seconds: UInt64, now: UInt64) -> String {
        let distance = seconds >= now ? seconds - now : now - seconds
        let relation =
            distance == 0 ? "now" : seconds > now ? "in \(span(distance))" : "\(span(distance)) ago"
        return "\(text(seconds)) (\(relation))"
    }

    /// A moment that is only about to be known, on the next whole minute.
    package static func about(_ seconds: UInt64, now: UInt64) -> String {
        let (minute, overflow) = seconds.addingReportingOverflow(59)
        return text(overflow ? seconds : minute / 60 * 60, now: now)
    }

    /// `90 seconds`, `5 minutes`, `3 hours`, `12 days`: rounded down to a unit of which there are at least two.
    package static func span(_ seconds: UInt64) -> String {
        switch seconds {
        case 1: "1 second"
        case ..<120: "\(seconds) seconds"
        case ..<7_200: "\(seconds / 60) minutes"
        case ..<172_800: "\(seconds / 3_600) hours"
        default: "\(seconds / 86_400) days"
        }
    }

    /// The civil date so many days after 1970-01-01, by the proleptic Gregorian calendar. Years are counted from March,
    /// so that the leap day is a year's last one.
    private static func date(days: UInt64) -> (year: UInt64, month: UInt64, day: UInt64) {
        let sinceEra = days + 719_468
        let ofEra = sinceEra % 146_097
        let yearOfEra = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * ofYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = sinceEra / 146_097 * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, ofYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func four(_ number: UInt64) -> String {
        String(repeating: "0", count: max(0, 4 - "\(number)".count)) + "\(number)"
    }
}
