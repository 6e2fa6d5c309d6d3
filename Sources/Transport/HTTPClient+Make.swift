import AsyncHTTPClient
import NIOCore

extension HTTPClient {
    /// A client as clients and nodes use it: it follows no redirects (a report, a token goes to the server that was meant,
    /// or nowhere), waits for no connection longer than five seconds, and trusts whom `TrustRoots` says.
    ///
    /// - Parameters:
    ///   - read: the longest silence in an answer; nil where the whole exchange has a deadline of its own.
    ///   - connectionsPerServer: how many requests to one server may be under way at once.
    ///   - repeatsConnecting: whether a connection that fails is tried again until a request's patience ends. Callers that
    ///     repeat requests themselves want to hear of it.
    package static func make(
        read: Duration? = nil, connectionsPerServer: Int = 8, repeatsConnecting: Bool
    ) throws(TrustRootsError) -> HTTPClient {
        make(
            trusting: try TrustRoots.Trust(), read: read, connectionsPerServer: connectionsPerServer,
            repeatsConnecting: repeatsConnecting)
    }

    /// The same, which trusts whom its caller says.
    package static func make(
        trusting trust: TrustRoots.Trust, read: Duration? = nil, connectionsPerServer: Int = 8, repeatsConnecting: Bool
    ) -> HTTPClient {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.tlsConfiguration = trust.configuration
        configuration.timeout.connect = .seconds(5)
        configuration.timeout.read = read.map { .milliseconds($0.components.seconds * 1_000) }
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = repeatsConnecting
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionsPerServer
        configuration.http1_1ConnectionDebugInitializer = ResponseStatusGuard.install
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}
