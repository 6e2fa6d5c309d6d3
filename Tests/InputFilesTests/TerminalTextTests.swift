import Encodings
import Testing

/// What a person's terminal gets to see of other people's text.
@Suite struct TerminalTextTests {
    @Test func whatATerminalObeysIsShownInstead() {
        #expect("\u{1B}[2J\u{1B}]0;owned\u{7}".safeForTerminals == "\\u{1b}[2J\\u{1b}]0;owned\\u{7}")
        #expect("a\rb\u{8}\u{7F}\0".safeForTerminals == "a\\u{d}b\\u{8}\\u{7f}\\u{0}")
        // One character of eight bits is a whole 'control sequence introducer'.
        #expect("\u{9B}2J".safeForTerminals == "\\u{9b}2J")
        #expect("safe\u{202E}gpj.exe".safeForTerminals == "safe\\u{202e}gpj.exe")
        #expect("\r\n".safeForTerminals == "\\u{d}\n")
    }

    @Test(arguments: ["plain\ttext\n", "Ärger, 数, 👩‍👩‍👧", "می‌خواهم", "", "█░"])
    func textOfEveryLanguageStaysAsItIs(text: String) {
        #expect(text.safeForTerminals == text)
    }
}
