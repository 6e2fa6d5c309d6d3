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
    switch context.keys.note {
    case .log:
        let leader = Leader(context: context)
        leader.addRoutes(to: &routes)
        services = leader.services
        StaticLog(directory: context.configuration.logDirectory).addRoutes(to: &routes)
    case .witness(let cosigner):
        Helper(context: context).addRoutes(to: &routes)
        WitnessRoutes(store: context.store, cosigner: cosigner, now: context.now).addRoutes(to: &routes)
    }
    return application(
        routes, below: context.configuration.publicURL.path, host: context.configuration.listenHost,
        port: context.configuration.listenPort, services: services, logger: context.logger, onReady: onReady)
}

/// An application that serves a table of routes; tests build theirs from the same parts.
package func application(
    _ routes: RouteTable, below prefix: String, host: String, port: Int, services: [any Service] = [], logger: Logger,
    onReady: @escaping @Sendable (Int) async -> Void = { _ in }
) -> some ApplicationProtocol {
    let router = Router(context: NodeRequestContext.self)
    router.add(middleware: ProblemMiddleware(logger: logger))
    routes.register(on: router, below: prefix)
    return Application(
        router: router,
        configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "cairn"),
        services: services,
        onServerRunning: { channel in await onReady(channel.localAddress?.port ?? port) },
        logger: logger)
}
