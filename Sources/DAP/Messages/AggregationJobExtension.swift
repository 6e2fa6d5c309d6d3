/// Why a helper fails an aggregation job because of the job's extensions; the two cases lead to different problem
/// documents (DAP-18 section 4.5.3.2).
public enum AggregationJobExtensionError: Error, Equatable, Sendable {
    /// `unsupportedExtension`: these types are not known.
    case unsupported([UInt16])
    /// `invalidMessage`: wrong order, or the batch ID is missing, malformed, or not wanted in this batch mode.
    case invalid(String)
}

extension AggregationJobInitReq {
    /// `leader_selected_batch_id(1)`: tells the helper which batch the job's reports belong to (DAP-18 section 5.2.2).
    public static let leaderSelectedBatchIDType: UInt16 = 1

    /// The extension that names the batch of a job in leader-selected mode.
    public static func leaderSelectedBatchID(_ id: BatchID) -> Extension {
        Extension(type: leaderSelectedBatchIDType, data: id.bytes)
    }

    /// Checks the job's extensions.
    ///
    /// - Returns: The batch ID of a leader-selected task, nil for a time-interval task.
    public func checkedBatchID(mode: BatchMode) throws(AggregationJobExtensionError) -> BatchID? {
        let unknown = extensions.unknownTypes(known: [Self.leaderSelectedBatchIDType])
        guard unknown.isEmpty else { throw .unsupported(unknown) }
        do {
            try extensions.checkOrder()
        } catch {
            throw .invalid(error.description)
        }
        let data = extensions.data(ofType: Self.leaderSelectedBatchIDType)
        switch mode {
        case .timeInterval:
            guard data == nil else { throw .invalid("a time-interval task has no batch IDs") }
            return nil
        case .leaderSelected:
            guard let data else { throw .invalid("extension leader_selected_batch_id is missing") }
            guard let id = BatchID(data) else { throw .invalid("a batch ID has 32 bytes, not \(data.count)") }
            return id
        }
    }
}
