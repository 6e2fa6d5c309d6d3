import NIOCore
import NIOPosix
import Synchronization

/// A TCP connection to a server of ours on which a test writes whatever bytes it likes, as slowly as it likes.
final class RawConnection: Sendable {
    private let channel: any Channel
    private let inbox: Inbox

    /// What has come, for whoever waits for it.
    private final class Inbox: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        struct State {
            var text = ""
            var isClosed = false
        }

        let state = Mutex(State())

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = String(buffer: Self.unwrapInboundIn(data))
            state.withLock { $0.text += text }
        }

        func channelInactive(context: ChannelHandlerContext) { state.withLock { $0.isClosed = true } }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    /// - Parameter reads: whether anything is taken from the socket.
    static func open(port: Int, reads: Bool = true) async throws -> RawConnection {
        let inbox = Inbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(inbox) }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawConnection(channel: channel, inbox: inbox)
    }

    private init(channel: any Channel, inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    var text: String { inbox.state.withLock(\.text) }
    var isClosed: Bool { inbox.state.withLock(\.isClosed) }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }
    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    /// Waits until so many answers' heads have come, and returns all that has come.
    func answers(_ count: Int = 1) async throws -> String {
        _ = try await eventually("\(count) answers") {
            self.text.split(separator: "HTTP/1.", omittingEmptySubsequences: false).count > count ? true : nil
        }
        return text
    }

    /// Waits until the server has closed, and returns all that has come.
    func end() async throws -> String {
        _ = try await eventually("the server closes") { self.isClosed ? true : nil }
        return text
    }

    /// Takes what is there after all.
    func startReading() async throws {
        try await channel.setOption(.autoRead, value: true).get()
        channel.read()
    }

    func close() async throws { try await channel.close() }
}
