import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// A connection of our servers: Hummingbird's HTTP/1, with a ``ConnectionKeeper`` behind the parser.
struct NodeChannel: ServerChildChannel {
    let http: HTTP1Channel
    let limits: ServingLimits
    let connections: OpenConnections

    init(responder: @escaping HTTPChannelHandler.Responder, limits: ServingLimits, connections: OpenConnections) {
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: limits.headBytes, maxHeaderListSize: limits.headBytes, maxHeaderFieldCount: 100)
        http = HTTP1Channel(responder: responder, configuration: .init(httpDecoderConfiguration: decoder))
        self.limits = limits
        self.connections = connections
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        http.setup(channel: channel, logger: logger).flatMapThrowing { [limits, connections] value in
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(
                ConnectionKeeper(limits: limits, connections: connections), position: .after(decoder))
            return value
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await http.handle(value: value, logger: logger)
    }
}
