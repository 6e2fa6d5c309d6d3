import Foundation

/// What to do next: one line on standard error after a command that did its work, as git does.
///
/// It is for a person who watches. In a pipeline, with `--json` or in a loop of a script it would be noise, so it is said
/// only where both outputs go to a terminal; `CAIRN_HINTS=1` in the environment says it everywhere, and `CAIRN_HINTS=0`
/// nowhere. A command with `--json` never calls this.
enum NextStep {
    /// Whether lines are shown.
    ///
    /// - Parameter setting: `CAIRN_HINTS`, nil where it is not set.
    static func isShown(setting: String?, outputIsTerminal: Bool, errorIsTerminal: Bool) -> Bool {
        switch setting {
        case "0": false
        case nil, "": outputIsTerminal && errorIsTerminal
        default: true
        }
    }

    /// `next: WORDS: COMMAND`
    static func tell(_ words: String, _ command: PrintedCommand) {
        tell(words + ": " + command.text)
    }

    /// `next: WORDS`
    static func tell(_ words: String) {
        let setting = ProcessInfo.processInfo.environment["CAIRN_HINTS"]
        let (output, error) = (isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1)
        guard isShown(setting: setting, outputIsTerminal: output, errorIsTerminal: error) else { return }
        Console.error("next: \(words)")
    }
}
