import Ledger

extension AuditReport {
    /// What was found in each batch that has failed.
    var failures: [[BatchAudit.Finding]] {
        batches.compactMap { if case .failed(let findings) = $0.verdict { findings } else { nil } }
    }

    /// What was found in the first batch; nil where it has not failed.
    var findings: [BatchAudit.Finding]? {
        guard case .failed(let findings) = batches.first?.verdict else { return nil }
        return findings
    }
}
