import AggregatorNode
import ArgumentParser
import Contributor
import Credit
import Datastore
import Ledger
import Owner

extension ExitStatus {
    /// For `throw` where everything has been said.
    var code: ExitCode { ExitCode(rawValue) }

    /// How a command ends that could not go on.
    ///
    /// - Parameter command: one whose 1 is a verdict fails with 2. What is wrong with a claim (`CreditError`) is a verdict
    ///   wherever it is noticed; a log that contradicts its own checkpoint is one about the log, for who audits it.
    init(of error: any Error, endsA command: any ParsableCommand) {
        self =
            switch error {
            case is CancellationError: .interrupted
            case _ where Self.isUsage(error): .usage
            case is CreditError: .no
            case AuditError.logDamaged where command is AuditCommand: .no
            case _ where command is any Judging: .unknown
            case let error as ContributorError: Self.of(error)
            // Somebody has a node's database, and lets go of it.
            case DatastoreError.busy, NodeStartError.database(_, .busy): .tryLater
            default: .no
            }
    }

    /// Whether the arguments themselves are at fault.
    private static func isUsage(_ error: any Error) -> Bool {
        switch error {
        case let failure as CommandFailure: failure.isUsage
        case let error as LogPlaceError: error.isOfTheText
        case TaskLogError.place(let error): error.isOfTheText
        case TaskDraftError.oneNode, TaskDraftError.endpoint: true
        default: false
        }
    }

    private static func of(_ error: ContributorError) -> ExitStatus {
        switch error {
        case .unreachable, .declined, .unexpectedAnswer, .noSupportedHpkeConfig: .unreachable
        case .busy, .unfinished: .tryLater
        case .refused(_, let status, _): status >= 500 || [408, 425, 429].contains(status) ? .tryLater : .no
        default: .no
        }
    }
}

/// A command that judges somebody's statement: exit code 1 says that it is not true, 2 that this could not be found out.
protocol Judging {}
