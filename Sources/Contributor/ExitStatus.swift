/// How `cairn` ends: one table, which `docs/manual.md` shows (section 'Exit codes', held against this by a test).
///
/// Codes from 64 on are those of `sysexits.h`; 130 is a shell's for SIGINT.
package enum ExitStatus: Int32, CaseIterable, Sendable {
    /// What was asked for is done, or holds.
    case done = 0
    /// The answer is no.
    case no = 1
    /// A command that judges could not find out.
    case unknown = 2
    /// The command line itself is wrong.
    case usage = 64
    /// A node, a log or a witness cannot be reached.
    case unreachable = 69
    /// The result could not be written.
    case outputFailed = 74
    /// Nothing is wrong but the moment.
    case tryLater = 75
    /// Ended by a signal that asks for it.
    case interrupted = 130

    /// The line of the manual.
    package var meaning: String {
        switch self {
        case .done: "done; of a command that judges: it holds"
        case .no: "no: the verdict is no, or it was not done, for the reason that is said (a value, a file, a refusal)"
        case .unknown: "a command that judges could not find out: something is missing, unreadable or not there yet"
        case .usage: "the command line is wrong; nothing was done"
        case .unreachable: "a node, log or witness cannot be reached, or what is there does not speak as it should"
        case .outputFailed: "the result could not be written (full disk, closed pipe)"
        case .tryLater:
            "not now: a node is busy or asks to come back, somebody has its database and does not let go of it, "
                + "or the wait ended; the same command can be run again"
        case .interrupted: "ended by Ctrl-C or another signal that asks for it"
        }
    }
}
