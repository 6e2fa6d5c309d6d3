import Hummingbird
import Logging
import ServiceLifecycle
import TransparencyLog

/// The HTTP application of a node: all routes of its role, and its background services.
///
/// - Parameter onReady: called once, when the node accepts connections, with the port.
package func buildApplication(
    _ context: NodeContext, onReady: @escaping @Sendable (Int) async -> Void = { _ in }
) -> some ApplicationProtocol {
    var routes = RouteTable()
    var services: [any Service] = []
    InfoRoutes(configuration: context.configuration, keys: context.keys, now: context.now).addRoutes(to: &routes)
    ShownCheckpoints(context: context).addRoutes(to: &routes)
    HandshakeRoute(context: context).addRoutes(to: &routes)
    switch context.keys.note {
    case .log:
        let leader = Leader(context: context)
        leader.addRoutes(to: &routes)
        services = leader.services
        StaticLog(directory: context.configuration.logDirectory).addRoutes(to: &routes)
    case .witness(let cosigner):
        let helper = Helper(context: context)
        helper.addRoutes(to: &routes)
        WitnessRoutes(
            store: context.store, cosigner: cosigner, halt: context.halt, generation: context.generation,
            now: context.now
        ).addRoutes(to: &routes)
        services = helper.services
    }
    services.append(HaltService(halt: context.halt))
    return application(
        routes, below: context.configuration.publicURL.path, host: context.configuration.listenHost,
        port: context.configuration.listenPort, services: services, halt: context.halt, logger: context.logger,
        onReady: onReady)
}

/// An application that serves a table of routes; tests build theirs from the same parts.
package func application(
    _ routes: RouteTable, below prefix: String, host: String, port: Int, services: [any Service] = [],
    halt: HaltSwitch? = nil, logger: Logger,
    onReady: @escaping @Sendable (Int) async -> Void = { _ in }
) -> some ApplicationProtocol {
    let router = Router(context: NodeRequestContext.self)
    router.add(middleware: ProblemMiddleware(halt: halt, logger: logger))
    routes.register(on: router, below: prefix)
    return Application(
        router: router,
        configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "cairn"),
        services: services,
        onServerRunning: { channel in await onReady(channel.localAddress?.port ?? port) },
        logger: logger)
}
