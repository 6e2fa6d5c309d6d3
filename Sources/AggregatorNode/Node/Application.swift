import Datastore
import Hummingbird
import HummingbirdCore
import Logging
import NodeAPI
import ServiceLifecycle
import TransparencyLog

/// The HTTP application of a node: all routes of its roles, and its background services.
///
/// - Parameter onReady: called once, when the node accepts connections, with the port.
package func buildApplication(
    _ context: NodeContext, limits: ServingLimits = ServingLimits(),
    onReady: @escaping @Sendable (Int) async -> Void = { _ in }
) throws(RouteConflict) -> some ApplicationProtocol {
    let node = routesAndServices(of: context)
    var services = node.services
    services.append(HaltService(halt: context.halt))
    if let generation = context.generation { services.append(GenerationWatch(generation: generation)) }
    services.append(DatabaseWatch(store: context.store, logger: context.logger))
    if context.configuration.database.hasReplicas { services.append(ReplicaWatch(context: context)) }
    services.append(ClearingService(store: context.store, logger: context.logger))
    return try application(
        node.routes, below: context.configuration.publicURL.path, host: context.configuration.listenHost,
        port: context.configuration.listenPort, services: services, halt: context.halt, limits: limits,
        logger: context.logger,
        onReady: onReady)
}

/// What a node answers to in its roles, and does by itself.
package func routesAndServices(of context: NodeContext) -> (routes: RouteTable, services: [any Service]) {
    var routes = RouteTable()
    var services: [any Service] = []
    InfoRoutes(configuration: context.configuration, keys: context.keys, now: context.now).addRoutes(to: &routes)
    ShownCheckpoints(context: context).addRoutes(to: &routes)
    HandshakeRoute(context: context).addRoutes(to: &routes)
    let leader = context.keys.log.map { _ in Leader(context: context.acting(as: .leader)) }
    let helper = context.keys.witness.map { _ in Helper(context: context.acting(as: .helper)) }
    if let leader {
        leader.addRoutes(to: &routes)
        services += leader.services
        StaticLog(directory: context.configuration.logDirectory, blobs: context.store).addRoutes(to: &routes)
    }
    if let helper, let cosigner = context.keys.witness {
        helper.addRoutes(to: &routes)
        WitnessRoutes(
            store: context.store, cosigner: cosigner, halt: context.halt, generation: context.generation,
            cosignedMore: { helper.noteGrowth() }, now: context.now
        ).addRoutes(to: &routes)
        services += helper.services
    }
    routes.addSharedRoutes(leader: leader, helper: helper, context)
    return (routes, services)
}

extension RouteTable {
    /// Adds the resources that a node has in both roles, and answers by its role in the task. Of a task that is unknown,
    /// whoever answers says so.
    package mutating func addSharedRoutes(leader: Leader?, helper: Helper?, _ context: NodeContext) {
        var (leading, helping): (Handler?, Handler?)
        if let leader { leading = { try await leader.withdraw($0, $1) } }
        if let helper { helping = { try await helper.withdraw($0, $1) } }
        let only: NodeRole? = leader == nil ? .helper : helper == nil ? .leader : nil
        add(API.withdrawals, leader: leading, helper: helping) { _, request in
            if let only { return only }
            return try await context.registry.task(try request.taskID()).map(context.configuration.role(of:)) ?? .leader
        }
    }
}

/// An application that serves a table of routes; tests build theirs from the same parts.
///
/// - Throws: where the table gives one request to two handlers.
package func application(
    _ routes: RouteTable, below prefix: String, host: String, port: Int, services: [any Service] = [],
    halt: HaltSwitch? = nil, limits: ServingLimits = ServingLimits(), logger: Logger,
    onReady: @escaping @Sendable (Int) async -> Void = { _ in }
) throws(RouteConflict) -> some ApplicationProtocol {
    try routes.check()
    let router = Router(context: NodeRequestContext.self)
    router.add(
        middleware: ProblemMiddleware(
            halt: halt, memory: MemoryBudget(total: limits.bodyBytesInFlight), limits: limits, logger: logger))
    routes.register(on: router, below: prefix)
    let connections = OpenConnections(most: limits.connections)
    return Application(
        responder: NormalizingResponder(router: router.buildResponder()),
        server: HTTPServerBuilder { NodeChannel(responder: $0, limits: limits, connections: connections) },
        configuration: ApplicationConfiguration(
            address: .hostname(host, port: port), serverName: "cairn",
            availableConnectionsDelegate: ConnectionCap(connections: connections)),
        services: services,
        onServerRunning: { channel in await onReady(channel.localAddress?.port ?? port) },
        logger: logger)
}
