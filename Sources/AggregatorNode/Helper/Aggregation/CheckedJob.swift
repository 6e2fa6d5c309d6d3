import DAP
import Datastore

/// A request for an aggregation job that passed the draft's checks of it as a whole, before any report is looked at.
struct CheckedJob: Sendable {
    let task: NodeTask
    /// The batch that the job belongs to (leader-selected mode).
    let batchID: BatchID?
    let verifyKey: VerifyKey
    let reports: [VerifyInit]

    init(_ message: AggregationJobInitReq, of task: NodeTask) throws(NodeError) {
        do throws(AggregationJobExtensionError) {
            batchID = try message.checkedBatchID(mode: task.configuration.batchMode)
        } catch {
            switch error {
            case .unsupported(let types):
                throw NodeError.unsupportedExtensions(types, taskID: task.id)
            case .invalid(let reason):
                throw .dap(.invalidMessage, "aggregation job extensions: \(reason)", taskID: task.id)
            }
        }
        // The draft has no error for this: to the helper the message is one that it cannot make sense of.
        guard let key = task.verifyKey(message.verificationKeyID) else {
            let known = task.verifyKeys.map { String($0.id) }.joined(separator: ", ")
            throw .dap(
                .invalidMessage,
                "There is no verification key \(message.verificationKeyID) for this task; this node has \(known).",
                taskID: task.id)
        }
        guard message.aggregationParameter.isEmpty else {
            throw .dap(
                .invalidAggregationParameter, "The task's VDAF has no aggregation parameter, so it must be empty.",
                taskID: task.id)
        }
        // An empty answer would mean that the job is deferred.
        guard !message.verifyInits.isEmpty else {
            throw .dap(.invalidMessage, "The job has no reports.", taskID: task.id)
        }
        // A helper's share is a seed of a few bytes, so a request of any size may ask for any amount of memory.
        let most = task.reportsPerJob
        guard message.verifyInits.count <= most else {
            throw .dap(
                .invalidMessage,
                "The job has \(message.verifyInits.count) reports; this node verifies up to \(most) of this task at once.",
                taskID: task.id)
        }
        var seen: Set<ReportID> = []
        for verifyInit in message.verifyInits {
            let id = verifyInit.reportShare.metadata.reportID
            guard seen.insert(id).inserted else {
                throw .dap(.invalidMessage, "Report \(id.base64URL) is in the job twice.", taskID: task.id)
            }
        }
        self.task = task
        verifyKey = VerifyKey(id: message.verificationKeyID, bytes: key)
        reports = message.verifyInits
    }
}

extension NodeTask {
    /// The memory that verifying a job takes: for the request, as it came and decoded, and the output shares.
    func memory(ofJob reports: Int, requestBytes: Int) -> Int {
        2 * requestBytes + reports * validated.vdaf.outputShareSize
    }
}
