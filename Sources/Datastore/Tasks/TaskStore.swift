import DAP

/// A task that a node has opted into, as the database keeps it.
package struct StoredTask: Sendable, Equatable {
    package var id: TaskID
    /// The operator's name for it.
    package var name: String
    /// The encoded `TaskConfiguration`, from which the id derives.
    package var configuration: [UInt8]
    /// The collector's encoded `HpkeConfig`.
    package var collectorConfig: [UInt8]
    /// The exact text of the task's tlog-policy; committed tasks have one.
    package var policyText: [UInt8]?
    /// The VDAF verification key, derived once, when the task was opted into: a later change of the operators' shared
    /// secret must not change it.
    package var verifyKey: [UInt8]

    package init(
        id: TaskID, name: String, configuration: [UInt8], collectorConfig: [UInt8], policyText: [UInt8]?,
        verifyKey: [UInt8]
    ) {
        self.id = id
        self.name = name
        self.configuration = configuration
        self.collectorConfig = collectorConfig
        self.policyText = policyText
        self.verifyKey = verifyKey
    }
}

/// The tasks that a node serves. Tasks are added, never changed: their id is the hash of their configuration.
package protocol TaskStore: Sendable {
    /// Adds a task.
    ///
    /// - Parameter logEntry: the task's entry for the transparency log, logged in the same transaction (leader only).
    /// - Returns: false if the same task is there already; nothing is logged again then.
    /// - Throws: `.conflict` if a task of this id is there with other particulars.
    @discardableResult
    func addTask(_ task: StoredTask, logEntry: [UInt8]?) async throws(DatastoreError) -> Bool

    func task(_ id: TaskID) async throws(DatastoreError) -> StoredTask?

    /// All tasks, in the order in which they were added.
    func tasks() async throws(DatastoreError) -> [StoredTask]
}
