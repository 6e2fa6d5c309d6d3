import Ledger

extension LedgerEntry {
    /// Hashes of the blobs that belong to the log with this entry; a `batch` entry's only where its task publishes them
    /// (`Protocols/log-entries.md`, section 1).
    var blobHashes: [[UInt8]] {
        switch self {
        case .round(let round): [round.modelHash]
        case .batch(let batch): [batch.leader.shareHash, batch.helper.shareHash]
        case .model(let model): [model.modelHash, model.resultHash]
        case .payout(let payout): [payout.tableHash]
        case .reveal(let reveal): [reveal.lambdaHash]
        case .task, .report, .rejected, .withdrawal, .close, .unknown: []
        }
    }
}
