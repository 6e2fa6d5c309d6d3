import Contributor
import Credit
import Ledger
import Owner
import Tasks

/// Errors of the libraries whose remedy is an option or a command of this program.
///
/// The libraries say what is wrong; which option mends it, only the command line knows. Everything else is said in the
/// error's own words (``CommandFailure/describe(_:)``).
enum CommandWords {
    /// nil where the error's own words say it all.
    static func text(_ error: any Error) -> String? {
        switch error {
        case let error as TaskDraftError: text(error)
        case let error as RoundError: text(error)
        case let error as ResultError: text(error)
        case let error as PayoutError: text(error)
        case let error as RunDraftError: text(error)
        default: nil
        }
    }

    private static func text(_ error: TaskDraftError) -> String? {
        switch error {
        case .oneNode(let url):
            "--leader and --helper are one node (\(url)), which would see every input. A task has two aggregators."
        case .endpoint(let role, let error): "--\(role): \(error)"
        case .otherRole, .oneKey: "\(error). Check --leader and --helper."
        case .policy(.notAPolicy(let error)): "the file of --policy is not a log policy: \(error)"
        case .weak: "\(error). Change it, or make it all the same with --accept-weak-promises."
        case .endOfTime: "--start and --duration lie beyond the end of time"
        case .lambdaBound: "the sums of a batch do not fit 64 bits. Give --lambda-bound."
        default: nil
        }
    }

    private static func text(_ error: RoundError) -> String? {
        guard case .unproved(let file, _) = error else { return nil }
        return "\(error). See what the log says: \(file.auditCommand.text)"
    }

    private static func text(_ error: ResultError) -> String? {
        switch error {
        case .contradicted(_, let file): "\(error). See what the log says: \(file.auditCommand.text)"
        case .otherLength: "\(error). Name an update of the task with --like."
        case .model:
            "\(error). Give --like FILE, such as the model itself: cairn model export --model MODEL --out "
                + "FILE.safetensors"
        }
    }

    private static func text(_ error: PayoutError) -> String? {
        guard error == .otherTable else { return nil }
        return "the file of --out is another payout's table. Name another file with --out."
    }

    private static func text(_ error: RunDraftError) -> String? {
        guard case .classes(let problem) = error else { return nil }
        return "--classes: \(problem). Give each class one name of its own."
    }
}

extension TaskFile {
    /// The audit of the task, with the policy file that `cairn task create` wrote beside the task's.
    var auditCommand: PrintedCommand {
        PrintedCommand("audit").option("--log", logURL ?? "URL").option("--policy", "\(name).policy")
    }
}
