import DAP
import Datastore
import Encodings
import TaskTypes
import Tasks
import TransparencyLog

/// A task that this node serves, with everything derived from its configuration once.
package struct NodeTask: Sendable {
    package let id: TaskID
    package let configuration: TaskConfiguration
    /// Capacity, σ and Cairn's own parameters, checked.
    package let validated: ValidatedTask
    package let vdaf: any TaskVDAF
    /// VDAF verification keys, at least one; a leader uses the first. Secret.
    package let verifyKeys: [VerifyKey]
    package let collectorConfig: HpkeConfig
    /// Whose signatures make a checkpoint count; nil for uncommitted tasks without a policy.
    package let policy: LogPolicy?
    package let name: String
    /// Whether id and key follow from the configuration (taskprov), so that every request carries it. The operators of a
    /// plain task may have chosen both themselves.
    package let isTaskprov: Bool
    /// How requests announce the task; nil where its id does not follow from its configuration, and no header can.
    package let announcement: String?
    /// False once the operator has ended it.
    package let isServed: Bool
    /// What this node is in it, as far as the database says so: see `NodeConfiguration.role(of:)`.
    package let role: NodeRole?
    /// Where its two aggregators are.
    package let aggregators: [NodeRole: BaseURL]

    package var isCommitted: Bool { validated.isCommitted }
    /// Without Cairn's extension, so that any DAP aggregator can take part in it.
    package var isPlain: Bool { validated.isPlain }
    /// Cairn's own parameters; nil in a plain DAP task.
    package var parameters: CairnTaskParameters? { validated.cairn }
    /// The most reports of a batch: what the task says, as far as the aggregators can name that many to each other.
    package var maxBatchSize: UInt64 { min(validated.maxBatchSize, TaskConfiguration.largestBatch) }
    /// For how many seconds the log lets words about reports wait; 0: not at all.
    package var logWindow: UInt64 { UInt64(parameters?.logWindow?.seconds ?? 0) }
    /// Whether reports are in jobs, and so in a batch, when the window is over in which they came: a batch that is filled as they come
    /// would tell their order. (Intervals say nothing but what the time of a report does.)
    package var drawsBatchesLater: Bool { logWindow > 0 && isCommitted && configuration.batchMode == .leaderSelected }
    /// Until when the log lets wait what it is told at a time about reports that were in a job; nil: not at all. Both in POSIX
    /// seconds. What was drawn for a job tells nothing of when it came.
    package func jobWindowEnd(of time: UInt64) -> UInt64? {
        drawsBatchesLater ? nil : parameters?.logWindowEnd(of: time)
    }
    /// The key that this node uses as a leader.
    package var verifyKey: [UInt8] { verifyKeys[0].bytes }
    package var verifyKeyID: UInt8 { verifyKeys[0].id }
    /// Exact bytes of the configuration.
    package var configurationBytes: [UInt8] { configuration.encoding }

    /// The key that an aggregation job names; nil for one that the operators have not agreed on.
    package func verifyKey(_ id: UInt8) -> [UInt8]? { verifyKeys.first { $0.id == id }?.bytes }

    /// This node's gate for the task's reports.
    package func opener(_ role: Role, keys: [HpkeKeyPair]) -> ReportOpener {
        ReportOpener(taskID: id, task: configuration, role: role, keys: keys, vdaf: vdaf)
    }
}

/// A stored task that this version cannot serve; the database was written by another version or damaged.
package struct StoredTaskError: Error, Sendable, CustomStringConvertible {
    package var taskID: TaskID
    package var reason: String

    package var description: String { "stored task \(taskID.base64URL) is unusable: \(reason)" }
}

extension NodeTask {
    /// Derives everything from what the database holds.
    package init(_ stored: StoredTask) throws(StoredTaskError) {
        do {
            let configuration = try TaskConfiguration(decoding: stored.configuration)
            let validated = try configuration.validated()
            guard configuration.taskID == stored.id || (stored.source == .manual && validated.isPlain) else {
                throw StoredTaskError(taskID: stored.id, reason: "its configuration hashes to another id")
            }
            self.init(
                id: stored.id, configuration: configuration, validated: validated,
                vdaf: try makeTaskVDAF(validated.vdaf), verifyKeys: stored.verifyKeys,
                collectorConfig: try HpkeConfig(decoding: stored.collectorConfig),
                policy: try stored.policyText.map { try LogPolicy(parsing: $0) }, name: stored.name,
                isTaskprov: stored.source != .manual,
                announcement: configuration.taskID == stored.id ? Taskprov.headerValue(configuration) : nil,
                isServed: stored.service == .served, role: stored.role,
                aggregators: [
                    .leader: BaseURL(configuration.leaderURL), .helper: BaseURL(configuration.helperURL),
                ].compactMapValues(\.self))
        } catch let error as StoredTaskError {
            throw error
        } catch {
            throw StoredTaskError(taskID: stored.id, reason: String(describing: error))
        }
    }
}
