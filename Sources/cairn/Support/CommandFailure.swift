import ArgumentParser
import Credit
import Foundation

/// What a person reads when a command cannot go on: what is wrong, where, and what to do about it.
///
/// Printed on standard error as `cairn: WHAT, WHERE. WHAT TO DO`, exit code 1, or 2 from a command whose 1 is a verdict
/// (`Judging`). Mistakes in the arguments themselves, which are mostly the argument parser's `ValidationError`, end with
/// 64, the usage code of sysexits.h.
struct CommandFailure: Error, CustomStringConvertible {
    /// What is wrong, and where: a sentence without its full stop.
    let problem: String
    /// What to do, as full sentences. Empty where the problem says it all.
    let advice: String

    /// Whether the arguments themselves are at fault.
    let isUsage: Bool

    init(_ problem: String, advice: String = "") {
        self.init(problem: problem, advice: advice, isUsage: false)
    }

    private init(problem: String, advice: String, isUsage: Bool) {
        self.problem = problem
        self.advice = advice
        self.isUsage = isUsage
    }

    /// A mistake in the arguments that shows only when files have been read.
    static func usage(_ problem: String, advice: String = "") -> CommandFailure {
        CommandFailure(problem: problem, advice: advice, isUsage: true)
    }

    var description: String {
        let sentence = problem.hasSuffix(".") ? String(problem.dropLast()) : problem
        return advice.isEmpty ? sentence : "\(sentence). \(advice)"
    }

    /// Ends the process after an error of the argument parser, or a request for help or the version.
    static func exit(parsing error: any Error) -> Never {
        let code = Cairn.exitCode(for: error)
        guard code != .success else { Cairn.exit(withError: error) }
        let message = Cairn.fullMessage(for: error)
        let text = message.hasPrefix("Error: ") ? String(message.dropFirst("Error: ".count)) : message
        Console.error("cairn: \(text)")
        Foundation.exit(code.rawValue)
    }

    /// Ends the process where a word names no command.
    static func exit(_ unknown: UnknownCommand) -> Never {
        Console.error("cairn: \(unknown)")
        Foundation.exit(EX_USAGE)
    }

    /// Ends the process after an error of a running command.
    static func exit(running error: any Error, of command: any ParsableCommand) -> Never {
        switch error {
        case let code as ExitCode:
            Foundation.exit(code.rawValue)
        case is CancellationError:
            Console.error("cairn: interrupted")
            Foundation.exit(130)
        case _ where Cairn.exitCode(for: error) != .failure:
            // Requests for help, and mistakes in the arguments that only the command itself could see.
            exit(parsing: error)
        default:
            Console.error("cairn: \(describe(error))")
            if (error as? CommandFailure)?.isUsage == true { Foundation.exit(EX_USAGE) }
            Foundation.exit(command is any Judging && !(error is CreditError) ? 2 : 1)
        }
    }

    /// The best text that an error has for a person.
    static func describe(_ error: any Error) -> String {
        switch error {
        case let error as CocoaError: error.localizedDescription
        default: String(describing: error)
        }
    }
}

/// A command that judges somebody's statement: exit code 1 says that it is not true, 2 that this could not be found out.
///
/// What is wrong with a claim (`CreditError`) is a verdict wherever it is noticed.
protocol Judging {}
