import Contributor
import Foundation
import Testing

/// The manual's table of exit codes is the program's.
@Suite struct ManualTests {
    @Test func theManualHasTheProgramsExitCodes() throws {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let manual = try String(contentsOf: package.appendingPathComponent("docs/manual.md"), encoding: .utf8)
        let section = try #require(manual.range(of: "## Exit codes\n"))
        let rows = manual[section.upperBound...].split(separator: "\n").prefix { !$0.hasPrefix("## ") }
            .filter { $0.hasPrefix("| ") && $0.dropFirst(2).first?.isNumber == true }
        #expect(rows.map(String.init) == ExitStatus.allCases.map { "| \($0.rawValue) | \($0) | \($0.meaning) |" })
    }
}
