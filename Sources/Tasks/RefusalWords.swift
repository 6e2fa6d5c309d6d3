import DAP
import Foundation

/// Why a report was refused, as precisely as task and clocks tell. Pure.
package enum RefusalWords {
    /// Clocks that differ by less are not worth a word.
    package static let noticeableSkew: Int64 = 60

    /// - Parameters:
    ///   - task: what the report was made for.
    ///   - now: this machine's clock when the answer came, in POSIX seconds.
    ///   - nodeTime: the node's clock at that time, where its answer says it.
    package static func text(
        _ error: ReportError, task: TaskConfiguration, now: UInt64, nodeTime: UInt64?
    ) -> String {
        switch error {
        case .taskNotStarted:
            if let start = task.taskInterval.flatMap({ task.seconds(of: $0.start) }), start > (nodeTime ?? now) {
                return "the task starts on \(day(start)) [\(error.name)]"
            }
        case .taskExpired:
            if let end = task.taskInterval?.end.flatMap({ task.seconds(of: $0) }), end <= (nodeTime ?? now) {
                return "the task ended on \(day(end)) [\(error.name)]"
            }
        default: break
        }
        let isAboutTime = [.reportTooEarly, .taskNotStarted, .taskExpired].contains(error)
        if isAboutTime, let nodeTime, let skew = clockSkew(now: now, nodeTime: nodeTime) {
            return "\(skew) [\(error.name)]"
        }
        if error == .reportTooEarly, let start = task.taskInterval.flatMap({ task.seconds(of: $0.start) }), start > now
        {
            return "the task starts on \(day(start)) [\(error.name)]"
        }
        return error.explanation
    }

    /// How this machine's clock and the node's differ; nil where they do not, as far as anybody would notice.
    package static func clockSkew(now: UInt64, nodeTime: UInt64) -> String? {
        let isAhead = now > nodeTime
        let seconds = isAhead ? now - nodeTime : nodeTime - now
        guard seconds >= UInt64(noticeableSkew) else { return nil }
        return "your clock is \(span(seconds)) \(isAhead ? "ahead of" : "behind") the node's"
    }

    /// A span of time in its largest unit, rounded.
    package static func span(_ seconds: UInt64) -> String {
        let units: [(UInt64, String)] = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")]
        for (length, name) in units where seconds >= length {
            let count = max((seconds + length / 2) / length, 1)
            return "\(count) \(name)\(count == 1 ? "" : "s")"
        }
        return "0 seconds"
    }

    private static func day(_ seconds: UInt64) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_GB")
        format.timeZone = TimeZone(identifier: "UTC")
        format.dateFormat = "d MMMM yyyy, HH:mm 'UTC'"
        return format.string(from: Date(timeIntervalSince1970: Double(min(seconds, 253_402_300_799))))
    }
}
