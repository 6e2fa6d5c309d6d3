import AggregatorNode
import ArgumentParser
import Contributor
import Credit
import Datastore
import Ledger

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
            case let failure as CommandFailure where failure.isUsage: .usage
            case is CreditError: .no
            case AuditError.logDamaged where command is AuditCommand: .no
            case _ where command is any Judging: .unknown
            case let error as ContributorError: Self.of(error)
            // Somebody has a node's database, and lets go of it.
            case DatastoreError.busy, NodeStartError.database(_, .busy): .tryLater
            default: .no
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
