import DAP
import Datastore
import Logging

/// What every handler and background service of a node works with, in one of the node's roles.
package struct NodeContext: Sendable {
    package let configuration: NodeConfiguration
    package let keys: NodeKeys
    package let store: NodeDatabase
    package let registry: TaskRegistry
    package let peers: Peers
    /// Sends requests to servers that are no peers, such as witnesses.
    package let outside: PeerClient
    /// What whoever works with this context is: of tasks in which the node has its other role it knows nothing.
    package private(set) var role: NodeRole
    /// Stops the node where it finds that it has forgotten something.
    package let halt: HaltSwitch
    /// Nil where nobody watches for restored databases (tests of single parts).
    package let generation: Generation?
    /// What is left where this node writes.
    package let disk: DiskSpace
    /// Threads for proof verification and signing, apart from the ones that serve connections.
    package let workers: WorkerPool
    /// For how long requests have to be said to be too long before a collection fails for that.
    package let longRequestsSpan: Duration
    /// When a helper answers aggregation jobs later.
    package let deferral: JobDeferral
    /// POSIX seconds; tests turn it.
    package let now: @Sendable () -> UInt64
    package let logger: Logger

    /// A context of the node's first role.
    package init(
        configuration: NodeConfiguration, keys: NodeKeys, store: NodeDatabase, registry: TaskRegistry,
        http: NodeClients, halt: HaltSwitch? = nil, generation: Generation? = nil, workers: WorkerPool,
        disk: DiskSpace? = nil, longRequestsSpan: Duration = CollectionPatience.longRequestsSpan,
        deferral: JobDeferral = JobDeferral(), now: @escaping @Sendable () -> UInt64, logger: Logger
    ) {
        self.configuration = configuration
        self.keys = keys
        self.store = store
        self.registry = registry
        peers = Peers(configuration, keys: keys, http: http, logger: logger)
        outside = PeerClient(baseURL: configuration.publicURL, token: nil, http: http.shared, logger: logger)
        role = configuration.roles.first ?? .leader
        self.generation = generation
        self.halt = halt ?? HaltSwitch(store: store, logger: logger)
        self.workers = workers
        self.disk = disk ?? DiskSpace(directories: configuration.writtenDirectories)
        self.longRequestsSpan = longRequestsSpan
        self.deferral = deferral
        self.now = now
        self.logger = logger
    }

    /// The same node in one of its roles.
    package func acting(as role: NodeRole) -> NodeContext {
        var other = self
        other.role = role
        return other
    }

    /// The other aggregator of a task.
    package func peer(of task: NodeTask) -> Peer { peers.peer(of: task) }

    /// What sends requests to it.
    package func client(of task: NodeTask) -> PeerClient { peer(of: task).client }

    /// How this node and that one fit each other.
    package func standing(of task: NodeTask) -> PeerStanding { peer(of: task).standing }

    /// Whether this context's role is the node's in the task.
    func concerns(_ task: NodeTask) -> Bool { configuration.role(of: task) == role }

    /// The task in the request's path, or `unrecognizedTask`.
    package func task(_ request: NodeRequestContext) async throws -> NodeTask {
        let id = try request.taskID()
        guard let task = try await registry.task(id), concerns(task) else { throw NodeError.unrecognizedTask(id) }
        return task
    }

    /// Who the other aggregators are of the tasks that are served in this role; empty where there is only one peer.
    func peersOfTasks() async throws -> [TaskID: String] {
        guard peers.all(as: role).count > 1 else { return [:] }
        let tasks = try await registry.usable().filter { $0.isServed && concerns($0) }
        return Dictionary(
            tasks.map { ($0.id, peer(of: $0).settings.url.string) }, uniquingKeysWith: { first, _ in first })
    }
}
