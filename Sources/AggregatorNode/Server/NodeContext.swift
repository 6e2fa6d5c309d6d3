import DAP
import Datastore
import Logging

/// What every handler and background service of a node works with.
package struct NodeContext: Sendable {
    package let configuration: NodeConfiguration
    package let keys: NodeKeys
    package let store: NodeDatabase
    package let registry: TaskRegistry
    package let peer: PeerClient
    package let blobs: BlobStore
    /// Stops the node where it finds that it has forgotten something.
    package let halt: HaltSwitch
    /// How this node and its peer fit each other.
    package let standing = PeerStanding()
    /// What this node says of itself to the peer.
    package let handshakeSelf: HandshakeSelf
    /// Nil where nobody watches for restored databases (tests of single parts).
    package let generation: Generation?
    /// What is left where this node writes.
    package let disk: DiskSpace
    /// Threads for proof verification and signing, apart from the ones that serve connections.
    package let workers: WorkerPool
    /// What a collection job begins with.
    package let patience: CollectionPatience
    /// When a helper answers aggregation jobs later.
    package let deferral: JobDeferral
    /// POSIX seconds; tests turn it.
    package let now: @Sendable () -> UInt64
    package let logger: Logger

    package init(
        configuration: NodeConfiguration, keys: NodeKeys, store: NodeDatabase, registry: TaskRegistry,
        peer: PeerClient,
        blobs: BlobStore, halt: HaltSwitch? = nil, generation: Generation? = nil, workers: WorkerPool,
        disk: DiskSpace? = nil, patience: CollectionPatience = CollectionPatience(),
        deferral: JobDeferral = JobDeferral(), now: @escaping @Sendable () -> UInt64, logger: Logger
    ) {
        self.configuration = configuration
        self.keys = keys
        self.store = store
        self.registry = registry
        self.peer = peer
        self.blobs = blobs
        self.generation = generation
        handshakeSelf = HandshakeSelf(configuration: configuration, keys: keys)
        self.halt = halt ?? HaltSwitch(store: store, logger: logger)
        self.workers = workers
        self.disk = disk ?? DiskSpace(directories: configuration.writtenDirectories)
        self.patience = patience
        self.deferral = deferral
        self.now = now
        self.logger = logger
    }

    package var role: NodeRole { configuration.role }

    /// The task in the request's path, or `unrecognizedTask`.
    package func task(_ request: NodeRequestContext) async throws -> NodeTask {
        let id = try request.taskID()
        guard let task = try await registry.task(id) else { throw NodeError.unrecognizedTask(id) }
        return task
    }
}
