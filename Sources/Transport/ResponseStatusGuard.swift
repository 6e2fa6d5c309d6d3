import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Lets no answer through whose status is none.
///
/// The parser takes any three digits for a status, and the client library every number below 200 for an answer that another
/// one follows. The end of a message with status 000 to 099 then finds it in a state in which it traps: a server, or a
/// node's peer, could end the process with one line. (A status begins with 1 to 5, RFC 9110 section 15; what is above is
/// left to who reads the answer.)
final class ResponseStatusGuard: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart

    /// Once an answer was refused, nothing that follows it counts.
    private var hasRefused = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasRefused else { return }
        if case .head(let head) = unwrapInboundIn(data), head.status.code < 100 {
            hasRefused = true
            context.fireErrorCaught(HTTPParserError.invalidStatus)
            context.close(promise: nil)
            return
        }
        context.fireChannelRead(data)
    }

    /// Puts a guard behind the parser of a new connection.
    @Sendable static func install(in channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.submit {
            let pipeline = channel.pipeline.syncOperations
            let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
            try pipeline.addHandler(ResponseStatusGuard(), position: .after(parser))
        }
    }
}
