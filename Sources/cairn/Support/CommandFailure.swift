import ArgumentParser
import Contributor
import Encodings
import Foundation
import Transport

/// What a person reads when a command cannot go on: what is wrong, where, and what to do about it.
///
/// Printed on standard error as `cairn: WHAT, WHERE. WHAT TO DO`; `ExitStatus` says with which code the process ends.
/// Mistakes in the arguments themselves are mostly the argument parser's `ValidationError`.
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
        let message = Cairn.fullMessage(for: error)
        guard code != .success else {
            // A request for help, the version, or a completion script.
            Console.print(message.hasSuffix("\n") ? String(message.dropLast()) : message)
            Foundation.exit(StandardOutput.shared.finish() ?? code.rawValue)
        }
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
            Foundation.exit(code.isSuccess ? StandardOutput.shared.finish() ?? code.rawValue : code.rawValue)
        case is CancellationError:
            Console.error("cairn: interrupted")
            Foundation.exit(ExitStatus.interrupted.rawValue)
        case _ where Cairn.exitCode(for: error) != .failure:
            // Requests for help, and mistakes in the arguments that only the command itself could see.
            exit(parsing: error)
        default:
            Console.error("cairn: \(describe(error))")
            Foundation.exit(ExitStatus(of: error, endsA: command).rawValue)
        }
    }

    /// The best text that an error has for a person: its own where it is one of ours. Others' texts name types, numbers and
    /// source lines, so only what is known about them is said.
    static func describe(_ error: any Error) -> String {
        if let text = CommandWords.text(error) ?? OwnErrors.text(error) { return text }
        switch error {
        case let error as CocoaError: return describe(error)
        case let error as POSIXError: return String(cString: strerror(error.code.rawValue)).lowercased()
        case is DecodingError: return "a file does not hold the JSON that is expected"
        default: return TransportFault(error).words
        }
    }

    private static func describe(_ error: CocoaError) -> String {
        let reason: String =
            switch error.code {
            case .fileNoSuchFile, .fileReadNoSuchFile: "there is no such file"
            case .fileReadNoPermission, .fileWriteNoPermission: "the file's permissions do not allow it"
            case .fileWriteOutOfSpace: "the disk is full"
            case .fileWriteFileExists: "there is such a file already"
            case .fileReadTooLarge: "the file is too large"
            case .fileWriteVolumeReadOnly: "the disk may not be written"
            default:
                (error.userInfo[NSUnderlyingErrorKey] as? POSIXError).map {
                    String(cString: strerror($0.code.rawValue)).lowercased()
                } ?? "it cannot be read or written"
            }
        let path = error.filePath ?? error.url?.path
        return path.map { "\($0): \(reason)" } ?? "a file: \(reason)"
    }
}
