import DAP

/// A task that a node has opted into, as the database keeps it.
package struct StoredTask: Sendable, Equatable {
    package var id: TaskID
    /// The operator's name for it.
    package var name: String
    /// The encoded `TaskConfiguration`. The id derives from it, unless the operator chose another one.
    package var configuration: [UInt8]
    /// The collector's encoded `HpkeConfig`.
    package var collectorConfig: [UInt8]
    /// The exact text of the task's tlog-policy; committed tasks have one.
    package var policyText: [UInt8]?
    /// The VDAF verification keys, at least one, derived once, when the task was opted into: a later change of the
    /// operators' shared secret must not change them by itself. A leader uses the first.
    package var verifyKeys: [VerifyKey]
    package var source: TaskSource
    package var service: TaskService
    /// What this node is in the task; nil where neither the row nor the database says it.
    package var role: NodeRole?

    package init(
        id: TaskID, name: String, configuration: [UInt8], collectorConfig: [UInt8], policyText: [UInt8]?,
        verifyKeys: [VerifyKey], source: TaskSource = .taskprov, service: TaskService = .served, role: NodeRole? = nil
    ) {
        precondition(!verifyKeys.isEmpty, "a task has a verification key")
        self.id = id
        self.name = name
        self.configuration = configuration
        self.collectorConfig = collectorConfig
        self.policyText = policyText
        self.verifyKeys = verifyKeys
        self.source = source
        self.service = service
        self.role = role
    }

    /// The key that a leader uses.
    package var verifyKey: [UInt8] {
        get { verifyKeys[0].bytes }
        set { verifyKeys[0].bytes = newValue }
    }

    /// With one key, of id 0, as taskprov derives it.
    package init(
        id: TaskID, name: String, configuration: [UInt8], collectorConfig: [UInt8], policyText: [UInt8]?,
        verifyKey: [UInt8], source: TaskSource = .taskprov, service: TaskService = .served, role: NodeRole? = nil
    ) {
        self.init(
            id: id, name: name, configuration: configuration, collectorConfig: collectorConfig, policyText: policyText,
            verifyKeys: [VerifyKey(id: 0, bytes: verifyKey)], source: source, service: service, role: role)
    }
}

/// A VDAF verification key, by the id that aggregation jobs name (DAP-18, Leader Initialization). Secret.
package struct VerifyKey: Sendable, Equatable {
    package var id: UInt8
    package var bytes: [UInt8]

    package init(id: UInt8, bytes: [UInt8]) {
        self.id = id
        self.bytes = bytes
    }
}

/// How a node came to serve a task.
package enum TaskSource: Int64, Sendable, CaseIterable {
    /// The operator added it; id and key follow from its configuration (taskprov).
    case taskprov = 0
    /// The operator added it, and chose its id or its keys: a plain DAP task.
    case manual = 1
    /// A request announced it (`DAP-Taskprov`), and the operator allows that; id and key as in ``taskprov``.
    case announced = 2
}

/// A stored task that cannot be read: the database was damaged, or written by another version.
package struct DamagedTask: Error, Sendable, Equatable {
    /// The row of the table `tasks`.
    package var row: Int64
    package var id: TaskID?
    package var name: String?
    package var reason: String
}

extension TaskStore {
    /// All tasks, in the order in which they were added, those that have ended included.
    ///
    /// - Throws: `.corrupt` if one of them cannot be read.
    package func tasks() async throws(DatastoreError) -> [StoredTask] {
        try await everyTask().map { row throws(DatastoreError) in
            do throws(DamagedTask) { return try row.get() } catch {
                throw .corrupt("task in row \(error.row): \(error.reason)")
            }
        }
    }

    /// Those that can be read.
    package func readableTasks() async throws(DatastoreError) -> [StoredTask] {
        try await everyTask().compactMap { try? $0.get() }
    }
}

/// What became of a task that a request announced.
package enum AnnouncedTaskOutcome: Sendable, Equatable {
    /// It is stored, now or since before.
    case stored
    /// As many tasks as the operator allows were announced before.
    case full
}

/// The tasks that a node serves. What makes a task is never changed.
package protocol TaskStore: Sendable {
    /// Adds a task.
    ///
    /// - Parameters:
    ///   - logEntry: the task's entry for the transparency log, logged in the same transaction (leader only).
    ///   - file: its task file, for those who ask for it, instead of one that is there (leader only).
    /// - Returns: false if the same task is served already. Nothing is logged again for one that had ended.
    /// - Throws: `.conflict` if a task of this id is there with other particulars, or has ended with reports discarded.
    @discardableResult
    func addTask(_ task: StoredTask, logEntry: [UInt8]?, file: [UInt8]?) async throws(DatastoreError) -> Bool

    /// Adds a task that a request announced, unless there are `limit` of them.
    ///
    /// - Throws: `.conflict` if a task of this id is there with other particulars.
    func addAnnouncedTask(_ task: StoredTask, limit: UInt64) async throws(DatastoreError) -> AnnouncedTaskOutcome

    func task(_ id: TaskID) async throws(DatastoreError) -> StoredTask?

    /// The file of a task; nil where there is none.
    func taskFile(_ id: TaskID) async throws(DatastoreError) -> [UInt8]?

    /// All tasks, in the order in which they were added, those that have ended included. A row that is damaged hides no other.
    func everyTask() async throws(DatastoreError) -> [Result<StoredTask, DamagedTask>]

    /// Grows whenever any process changes anything about a task.
    func taskRevision() async throws(DatastoreError) -> Int64

    /// Gives a task another verification key, while nothing has been accepted under the present one.
    ///
    /// - Parameters:
    ///   - peerHasKey: the peer has proved to have the new key. Then it has accepted nothing under the other, so
    ///     pending jobs end, and their reports wait again; else the key stays while there are any.
    ///   - time: POSIX seconds: what was taken back meanwhile is logged when the window of now is over.
    func replaceVerifyKey(
        _ key: [UInt8], of id: TaskID, peerHasKey: Bool, at time: UInt64
    ) async throws(DatastoreError) -> KeyReplacement

    /// Ends a task, unless it owes something that may not be given up. Rows that protect from replays stay.
    ///
    /// - Parameter time: POSIX seconds: what the log is told waits for the end of the window of now.
    func endTask(_ id: TaskID, mayDiscard: Bool, at time: UInt64) async throws(DatastoreError) -> TaskEnding

    /// What the task owes on this node.
    func burden(of id: TaskID) async throws(DatastoreError) -> TaskBurden
}
