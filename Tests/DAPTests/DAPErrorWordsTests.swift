import DAP
import Foundation
import Tasks
import Testing

/// Every code of the standard has words, and the manual shows them.
@Suite struct DAPErrorWordsTests {
    private static func manual() throws -> String {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: package.appendingPathComponent("docs/manual.md"), encoding: .utf8)
    }

    @Test func everyCodeHasWordsOfItsOwnAndStandsInTheManual() throws {
        let manual = try Self.manual()
        let all =
            DAPErrorType.allCases.map { ($0.rawValue, $0.words) } + ReportError.allCases.map { ($0.name, $0.words) }
        for (code, words) in all {
            #expect(words.count > 10 && !words.contains(code), "\(code)")
            #expect(manual.contains("| `\(code)` | \(words) |"), "\(code)")
        }
        for list in [DAPErrorType.allCases.map(\.words), ReportError.allCases.map(\.words)] {
            #expect(Set(list).count == list.count)
        }
        #expect(DAPErrorType.batchMismatch.explanation.hasSuffix("[batchMismatch]"))
        #expect(ReportError.explained("report_too_early").hasSuffix("[report_too_early]"))
        #expect(ReportError.explained("HTTP 403") == "HTTP 403")
    }

    @Test func timesAndClocksAreSaid() throws {
        // From 3 December 2026, 09:00 UTC, for an hour.
        let start: UInt64 = 1_796_288_400
        let task = try TaskConfiguration(
            taskInfo: [1], leaderURL: "http://127.0.0.1:1/", helperURL: "http://127.0.0.1:2/", timePrecision: 60,
            minBatchSize: 2, batchMode: .timeInterval, vdaf: .committed(.count),
            taskInterval: Interval(start: start / 60, duration: 60), cairn: Fixtures.parameters())
        func text(_ error: ReportError, now: UInt64, node: UInt64?) -> String {
            RefusalWords.text(error, task: task, now: now, nodeTime: node)
        }
        #expect(
            text(.taskNotStarted, now: start - 86_400, node: start - 86_400)
                == "the task starts on 3 December 2026, 09:00 UTC [task_not_started]")
        #expect(
            text(.taskExpired, now: start + 4_000, node: start + 4_000)
                == "the task ended on 3 December 2026, 10:00 UTC [task_expired]")
        #expect(
            text(.reportTooEarly, now: start + 7_200, node: start)
                == "your clock is 2 hours ahead of the node's [report_too_early]")
        #expect(
            text(.taskExpired, now: start + 7_200, node: start)
                == "your clock is 2 hours ahead of the node's [task_expired]")
        #expect(
            text(.taskNotStarted, now: start - 86_400, node: start + 60)
                == "your clock is 1 day behind the node's [task_not_started]")
        // Where the clocks agree, or nobody says the node's, the code's own words.
        #expect(text(.reportTooEarly, now: start, node: start) == ReportError.reportTooEarly.explanation)
        #expect(text(.vdafVerifyError, now: start, node: 0) == ReportError.vdafVerifyError.explanation)
    }

    @Test(arguments: [
        (0, "0 seconds"), (59, "59 seconds"), (60, "1 minute"), (119, "2 minutes"), (5_400, "2 hours"),
        (7_150, "2 hours"), (90_000, "1 day"),
    ])
    func spansAreRounded(seconds: UInt64, text: String) {
        #expect(RefusalWords.span(seconds) == text)
    }
}
