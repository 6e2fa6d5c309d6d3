import DAP
import Tasks

/// What the leader checks of a collection request before it looks at any report (DAP-18, Collection Job
/// Initialization). Pure.
package enum CollectionRules {
    /// - Parameter taskID: the task's, where it is not its configuration's hash.
    /// - Returns: the interval of a time-interval query; nil in leader-selected mode.
    package static func check(
        _ request: CollectionJobReq, configuration: TaskConfiguration, taskID: TaskID? = nil
    ) throws(NodeError) -> Interval? {
        let task = taskID ?? configuration.taskID
        guard request.query.batchMode == configuration.batchMode else {
            throw .dap(
                .invalidMessage,
                "The query's batch mode is \(request.query.batchMode), the task's is \(configuration.batchMode).",
                taskID: task)
        }
        let interval: Interval?
        do throws(CodecError) {
            interval = try request.query.interval()
        } catch {
            throw NodeError(error, in: "Query", taskID: task)
        }
        guard request.aggregationParameter.isEmpty else {
            throw .dap(
                .invalidAggregationParameter, "The task's VDAF takes no aggregation parameter: it must be empty.",
                taskID: task)
        }
        if let interval, !interval.isValid {
            throw .dap(
                .batchInvalid,
                "The batch interval must last at least one unit of the time precision and end within 64 bits.",
                taskID: task)
        }
        try checkExtensions(request.extensions, task)
        return interval
    }

    /// No collection job extension is defined yet, so any is unsupported; but a broken order is reported as such.
    private static func checkExtensions(_ extensions: [Extension], _ task: TaskID) throws(NodeError) {
        do throws(CodecError) {
            try extensions.checkOrder()
        } catch {
            throw .dap(.invalidExtension, "Collection job extensions: \(error)", taskID: task)
        }
        guard extensions.isEmpty else {
            var error = NodeError.dap(
                .unsupportedExtension, "This node knows no collection job extensions.", taskID: task)
            error.unsupportedExtensions = extensions.map(\.type)
            throw error
        }
    }
}
