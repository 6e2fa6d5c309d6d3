import Contributor
import Ledger
import Tasks
import TransparencyLog
import Transport

/// The public log of a task, as its owner writes to it: through the task's leader, who takes `round`, `model`, `payout` and
/// `reveal` entries with the blobs that they name by hash.
///
/// The leader logs nothing twice, so whatever was cut off can be repeated.
package struct OwnerLog: Sendable {
    package let file: TaskFile
    private let transport: HTTPTransport

    /// - Parameter transport: How patiently nodes and log are asked; its notices say whom a call waits for.
    package init(_ file: TaskFile, transport: HTTPTransport) {
        self.file = file
        self.transport = transport
    }

    /// Reads the log, and believes it as the task's parties do.
    package var auditor: Auditor {
        get throws(TaskLogError) { try file.auditor(transport: transport) }
    }

    /// Hands the leader an entry.
    ///
    /// - Returns: Its position; the published log has it a little later.
    /// - Throws: `ContributorError`.
    @discardableResult
    package func post(_ entry: LedgerEntry, blob: [UInt8]) async throws -> UInt64 {
        try await TaskClient(task: file, transport: transport).post(entry, blob: blob)
    }

    /// Hands the leader an entry, and waits until the published log has it: what reads the log next finds it there.
    ///
    /// - Parameter patience: How long a checkpoint is waited for.
    /// - Throws: ``OwnerLogError``; `TaskLogError`, `ContributorError`.
    package func publish(_ entry: LedgerEntry, blob: [UInt8], patience: Duration = .seconds(60)) async throws {
        let source = try auditor.source
        let index = try await post(entry, blob: blob)
        let words = WaitingWords(for: "the log to show the entry", notice: transport.notice)
        defer { withExtendedLifetime(words) {} }
        words.explain("the leader has taken it, and waits for its witnesses")
        let start = ContinuousClock.now
        while ContinuousClock.now - start < patience {
            if try await LogReader.fetchCheckpoint(from: source).checkpoint.size > index { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw OwnerLogError.notShown(patience)
    }
}

/// Why an owner's entry is not in the log.
package enum OwnerLogError: Error, Sendable, Equatable {
    /// The leader took the entry, and has published no checkpoint with it for so long.
    case notShown(Duration)
    /// The file holds another λ than the task has fixed.
    case otherLambda(task: String)
}

extension OwnerLogError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notShown(let patience):
            "the leader took the entry, but has published no checkpoint with it for "
                + "\(patience == .seconds(60) ? "a minute" : "\(patience.components.seconds) s"). The command can be "
                + "repeated; nothing is logged twice."
        case .otherLambda(let task): "this is not the λ that the task '\(task)' has fixed"
        }
    }
}
