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
    /// secret must not change it by itself.
    package var verifyKey: [UInt8]
    package var service: TaskService

    package init(
        id: TaskID, name: String, configuration: [UInt8], collectorConfig: [UInt8], policyText: [UInt8]?,
        verifyKey: [UInt8], service: TaskService = .served
    ) {
        self.id = id
        self.name = name
        self.configuration = configuration
        self.collectorConfig = collectorConfig
        self.policyText = policyText
        self.verifyKey = verifyKey
        self.service = service
    }
}

/// The tasks that a node serves. What makes a task is never changed: its id is the hash of its configuration.
package protocol TaskStore: Sendable {
    /// Adds a task.
    ///
    /// - Parameter logEntry: the task's entry for the transparency log, logged in the same transaction (leader only).
    /// - Returns: false if the same task is served already. Nothing is logged again for one that had ended.
    /// - Throws: `.conflict` if a task of this id is there with other particulars, or has ended with reports discarded.
    @discardableResult
    func addTask(_ task: StoredTask, logEntry: [UInt8]?) async throws(DatastoreError) -> Bool

    func task(_ id: TaskID) async throws(DatastoreError) -> StoredTask?

    /// All tasks, in the order in which they were added, those that have ended included.
    func tasks() async throws(DatastoreError) -> [StoredTask]

    /// Grows whenever any process changes anything about a task.
    func taskRevision() async throws(DatastoreError) -> Int64

    /// Gives a task another verification key, while nothing has been accepted under the present one. Pending jobs end, and
    /// their reports wait again.
    func replaceVerifyKey(_ key: [UInt8], of id: TaskID) async throws(DatastoreError) -> KeyReplacement

    /// Ends a task, unless it owes something that may not be given up. Rows that protect from replays stay.
    func endTask(_ id: TaskID, mayDiscard: Bool) async throws(DatastoreError) -> TaskEnding

    /// What the task owes on this node.
    func burden(of id: TaskID) async throws(DatastoreError) -> TaskBurden
}
