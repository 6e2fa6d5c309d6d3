import Contributor
import Foundation
import Ledger
import LedgerFixtures
import Tasks
import Testing

/// Where somebody says that a log is.
@Suite struct LogPlaceTests {
    @Test func whatIsNeitherAUsableURLNorAFolderOfALogIsRefusedInItsOwnWords() throws {
        let log = try LogFixture()
        defer { log.removeFiles() }
        let file = "\(log.directory)/file"
        try "x".write(toFile: file, atomically: true, encoding: .utf8)
        let cases: [(String, String, isOfTheText: Bool)] = [
            ("http://elsewhere.example/log", "the log's URL cannot be used", true),
            ("https://a.example/log?x", "behind '?'", true), ("/nowhere/at/all", "there is no folder", true),
            (file, "is a file, and no log", true), (log.directory, "no file 'checkpoint'", false),
        ]
        for (text, words, isOfTheText) in cases {
            do throws(LogPlaceError) {
                _ = try LogPlace(text)
                Issue.record("\(text) was taken")
            } catch {
                #expect("\(error)".contains(words) && error.isOfTheText == isOfTheText, "\(error)")
            }
        }
        // Who checks a log's files wants to hear which one is missing.
        #expect(try LogPlace(log.directory, isChecked: false) == .folder(log.directory))
        try log.publish()
        #expect(try LogPlace(log.directory) == .folder(log.directory))
        #expect(try LogPlace("https://a.example/log") == .url("https://a.example/log"))
    }

    @Test func aTaskFilesLogIsReadWhereItSaysOrWhereSomebodyHasACopy() async throws {
        let log = try LogFixture()
        defer { log.removeFiles() }
        try log.publish()
        func file(_ url: String?) throws -> TaskFile {
            try TaskFile(
                name: "t", configuration: log.task.configuration, collectorHpkeConfig: log.collector.config,
                logPolicy: log.policyText, logURL: url)
        }
        let transport = HTTPTransport(deadline: .zero)
        #expect(try await file(log.directory).auditor(transport: transport).audit().head.size == 1)
        #expect(try await file(nil).auditor(at: log.directory, transport: transport).audit().head.size == 1)
        #expect {
            _ = try file(nil).auditor(transport: transport)
        } throws: {
            guard case TaskLogError.noLog(task: "t") = $0 else { return false }
            return true
        }
    }
}
