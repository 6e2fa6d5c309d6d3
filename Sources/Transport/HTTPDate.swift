/// A time in an HTTP header (RFC 9110 section 5.6.7), as POSIX seconds. Pure.
///
/// Servers write the fixed form, `Sun, 06 Nov 1994 08:49:37 GMT`; recipients have to read the two obsolete ones as well,
/// `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
package enum HTTPDate {
    /// - Parameter now: POSIX seconds; tells the century of years that have two digits.
    package static func parse(_ text: String, now: UInt64) -> UInt64? {
        let parts = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        switch parts.count {
        case 6 where parts[0].hasSuffix(",") && parts[5] == "GMT":
            return seconds(year: number(parts[3], digits: 4...4), parts[2], number(parts[1], digits: 2...2), parts[4])
        case 4 where parts[0].hasSuffix(",") && parts[3] == "GMT":
            let date = parts[1].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
            guard date.count == 3, let short = number(date[2], digits: 2...2) else { return nil }
            return seconds(year: fullYear(short, now: now), date[1], number(date[0], digits: 2...2), parts[2])
        case 5:
            return seconds(year: number(parts[4], digits: 4...4), parts[1], number(parts[2], digits: 1...2), parts[3])
        default: return nil
        }
    }

    /// The latest year that ends so and is no more than 50 years ahead.
    private static func fullYear(_ short: Int, now: UInt64) -> Int {
        let thisYear = 1970 + Int(min(now / 31_556_952, 8_000))
        let year = thisYear - thisYear % 100 + short
        return year > thisYear + 50 ? year - 100 : year <= thisYear - 50 ? year + 100 : year
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func seconds(year: Int?, _ name: String, _ day: Int?, _ time: String) -> UInt64? {
        let clock = time.split(separator: ":", omittingEmptySubsequences: false).map { number($0, digits: 2...2) }
        guard let year, year >= 1970, let month = months.firstIndex(of: name), let day, clock.count == 3,
            let hour = clock[0], let minute = clock[1], let second = clock[2],
            (1...length(ofMonth: month, year)).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        let years = 1970..<year
        let leapDays = years.count(where: isLeap)
        let days = years.count * 365 + leapDays + (0..<month).reduce(0) { $0 + length(ofMonth: $1, year) } + day - 1
        return UInt64(days * 86_400 + hour * 3_600 + minute * 60 + second)
    }

    private static func isLeap(_ year: Int) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    private static func length(ofMonth month: Int, _ year: Int) -> Int {
        month == 1 && isLeap(year) ? 29 : [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month]
    }

    private static func number(_ text: some StringProtocol, digits: ClosedRange<Int>) -> Int? {
        guard digits.contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }
}
