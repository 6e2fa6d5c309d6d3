import DAP
import Datastore
import TransparencyLog

/// A task that this node serves, with everything derived from its configuration once.
package struct NodeTask: Sendable {
    package let id: TaskID
    package let configuration: TaskConfiguration
    /// Capacity, σ and Cairn's own parameters, checked.
    package let validated: ValidatedTask
    package let parameters: CairnTaskParameters
    package let vdaf: any TaskVDAF
    /// VDAF verification key (taskprov), key id 0. Secret.
    package let verifyKey: [UInt8]
    package let collectorConfig: HpkeConfig
    /// Whose signatures make a checkpoint count; nil for uncommitted tasks without a policy.
    package let policy: LogPolicy?
    package let name: String
    /// False once the operator has ended it.
    package let isServed: Bool

    package var isCommitted: Bool { validated.isCommitted }
    /// Exact bytes of the configuration.
    package var configurationBytes: [UInt8] { configuration.encoding }
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
            guard configuration.taskID == stored.id else {
                throw StoredTaskError(taskID: stored.id, reason: "its configuration hashes to another id")
            }
            self.init(
                id: stored.id, configuration: configuration, validated: validated, parameters: validated.cairn,
                vdaf: try makeTaskVDAF(validated.vdaf), verifyKey: stored.verifyKey,
                collectorConfig: try HpkeConfig(decoding: stored.collectorConfig),
                policy: try stored.policyText.map { try LogPolicy(parsing: $0) }, name: stored.name,
                isServed: stored.service == .served)
        } catch let error as StoredTaskError {
            throw error
        } catch {
            throw StoredTaskError(taskID: stored.id, reason: String(describing: error))
        }
    }
}
