import Contributor
import DAP
import Ledger
import SharedModel
import Tasks
import TransparencyLog
import Wallet

/// One contributor of the demo: its own rows, and a wallet of its own for its seed, inputs, history and receipts.
struct DemoContributor: Sendable {
    let number: Int
    let rows: Dataset
    let wallet: ContributorWallet

    /// Takes part in a round, knowing only the public task file and the public log.
    ///
    /// - Returns: What the leader answered, and the id of the report.
    func takePart(
        in file: TaskFile, trainer: LocalTrainer
    ) async throws -> UploadOutcome {
        let client = try TaskClient(task: file)
        let update = try trainer.train(try await Self.model(of: file), on: rows)
        let outcomes = try await client.upload([.real(try UpdateBound(task: file).clip(update))], wallet: wallet)
        return outcomes[0]
    }

    /// Fetches and checks the receipt of a report.
    ///
    /// - Returns: The text of the receipt, which the wallet keeps, or nil where it does not verify.
    func receipt(of reportID: ReportID, file: TaskFile, policy: LogPolicy) async throws -> String? {
        guard case .available(let text) = try await TaskClient(task: file).awaitReceipt(of: reportID) else {
            return nil
        }
        guard Receipt.verify(file: Array(text.utf8), policy: policy).isValid else { return nil }
        try wallet.save(receipt: text, of: ReportKey(file.taskID, reportID))
        return text
    }

    /// The model that the task starts from, out of the public log.
    static func model(of file: TaskFile) async throws -> Model {
        try await Model(of: file, in: try file.auditor(transport: HTTPTransport()))
    }
}
