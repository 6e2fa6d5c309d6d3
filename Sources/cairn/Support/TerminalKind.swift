import Foundation

/// Whether lines may be drawn anew: progress bars and spinners need a terminal that knows how to clear a line, and a
/// person who has not asked for plain text.
enum TerminalKind {
    /// - Parameters:
    ///   - isTerminal: whether the output goes to a terminal at all.
    ///   - environment: `TERM` names the terminal; `dumb`, or none, can do nothing. `NO_COLOR` (https://no-color.org)
    ///     asks for text without escapes.
    static func redraws(isTerminal: Bool, environment: [String: String]) -> Bool {
        guard isTerminal, (environment["NO_COLOR"] ?? "").isEmpty else { return false }
        return !["", "dumb"].contains(environment["TERM"] ?? "")
    }
}
