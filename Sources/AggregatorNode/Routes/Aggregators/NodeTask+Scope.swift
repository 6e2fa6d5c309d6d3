import DAP
import Ledger

extension NodeTask {
    /// The batch that a list of reports is about, whether the aggregators close it or compare it.
    ///
    /// - Parameters:
    ///   - selector: which batch the leader means.
    ///   - count: how many reports it names.
    func checkedScope(of selector: BatchSelector, reports count: Int) throws(NodeError) -> BatchScope {
        guard selector.batchMode == configuration.batchMode, let scope = BatchScope(selector) else {
            throw .dap(.invalidMessage, "The batch selector is not of the task's batch mode.", taskID: id)
        }
        if case .interval(let interval) = scope, !interval.isValid {
            throw .dap(.batchInvalid, "The batch interval is empty or ends beyond 64 bits.", taskID: id)
        }
        // The sums stay exact only up to this many reports (task creation checked the capacity).
        guard UInt64(count) <= maxBatchSize else {
            throw .dap(.invalidBatchSize, "\(count) reports; the task allows at most \(maxBatchSize).", taskID: id)
        }
        return scope
    }
}
