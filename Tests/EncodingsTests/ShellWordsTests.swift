import ChildProcesses
import Encodings
import Testing

/// Printed commands reach the program as they were meant, whatever a file is called.
@Suite struct ShellWordsTests {
    @Test func plainWordsStayAsTheyAre() {
        let line = ShellWords.line([
            "cairn", "audit", "--log", "http://127.0.0.1:8301/log/", "--policy", "visits.policy",
        ])
        #expect(line == "cairn audit --log http://127.0.0.1:8301/log/ --policy visits.policy")
    }

    @Test(arguments: [
        ("my task", "'my task'"), ("it's", #"'it'\''s'"#), ("", "''"), ("~/x", "'~/x'"), ("$HOME", "'$HOME'"),
        ("a;rm", "'a;rm'"), ("größe", "größe"), ("line\nbreak", #"$'line\nbreak'"#),
        ("\u{1b}[2J'", #"$'\U0000001b[2J\''"#), ("…", "'…'"),
    ])
    func oddWordsAreQuoted(word: String, quoted: String) {
        #expect(ShellWords.quote(word) == quoted)
    }

    @Test func filesThatLookLikeOptionsGetAFolder() {
        #expect(ShellWords.path("-x.task") == "./-x.task")
        #expect(ShellWords.path("x.task") == "x.task")
    }

    /// What a real shell makes of them.
    @Test func aShellGivesTheWordsBack() async throws {
        let words = [
            "a b", "'", "\"", "\\", "$(id)", "`id`", "*", "#", "!", "a\tb", "a\nb", "é ß", "-x", "a=b", "{1,2}",
        ]
        let outcome = try await ChildProcess.run(
            "/bin/bash", ["-c", "printf '%s\\0' " + ShellWords.line(words)], limit: .seconds(30))
        let found = outcome.output.split(separator: 0, omittingEmptySubsequences: false).dropLast()
        #expect(found.map { String(decoding: $0, as: UTF8.self) } == words)
    }
}
