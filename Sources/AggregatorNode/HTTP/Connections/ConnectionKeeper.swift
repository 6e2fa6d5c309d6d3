import Encodings
import NIOCore
import NIOHTTP1

/// Keeps a connection to the rules of HTTP/1 and to a ``ServingLimits``: ends it where the client lets us wait, says
/// `100 Continue` when a handler wants the body, closes after HTTP/1.0 and after bodies that nobody read.
///
/// It stands between NIO's parser and Hummingbird, the only place where the protocol's version and its bodies' ends are
/// still to be seen. A body that breaks off is an error to its reader, whoever ended it and why: Hummingbird takes any end
/// for the body's, and a request that was cut after a report would be another, valid request. The parser says so, too,
/// where it sees the end; nothing should depend on that.
final class ConnectionKeeper: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Why a body ended before its end.
    enum BrokenBody: Error {
        /// The client is too slow.
        case late
        /// The client is gone.
        case left
    }

    /// A handler wants to read the request's body. Sent down the pipeline.
    struct BodyWanted: Sendable {}

    private let limits: ServingLimits
    private let connections: OpenConnections
    private var clock: ConnectionClock
    private var timer: (at: NIODeadline, task: Scheduled<Void>)?

    /// What the head of the request under way says.
    private var isHTTP10 = false
    private var expectsContinue = false
    /// An answer to it has begun.
    private var isAnswered = false
    /// Of the body; nil where it is not announced.
    private var outstanding: Int? = 0

    /// Requests whose heads have come and whose answers are not written. All may have come at once.
    private var unanswered = 0
    /// Answers that are written and have not left.
    private var leaving = 0

    /// No request follows on this connection.
    private var isLast = false
    /// What came cannot be parsed; the answer that says so is the last, whatever else waits for one.
    private var isBroken = false
    private var isLingering = false
    /// Nothing that comes is looked at any more.
    private var isDeaf = false
    /// The client has let us wait for a body; nobody waits for the rest of it.
    private var isLate = false
    private var holdsRead = false

    init(limits: ServingLimits, connections: OpenConnections) {
        self.limits = limits
        self.connections = connections
        clock = ConnectionClock(limits: limits, now: .now())
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        connections.enter(context.channel)
        watch(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { forget(context) }

    func channelInactive(context: ChannelHandlerContext) {
        forget(context)
        if clock.isReadingBody { context.fireErrorCaught(BrokenBody.left) }
        context.fireChannelInactive()
    }

    private func forget(_ context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
        connections.leave(context.channel)
    }

    // MARK: From the client

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDeaf else {
            if isLingering, case .end = Self.unwrapInboundIn(data) { context.close(mode: .output, promise: nil) }
            return
        }
        var data = data
        switch Self.unwrapInboundIn(data) {
        case .head(var head):
            guard unanswered < limits.pipelined else {
                // One read can bring thousands. These are answered, and who sent the rest sees that the others are not.
                (isLast, isDeaf) = (true, true)
                return
            }
            unanswered += 1
            clock.headArrived(at: .now())
            isHTTP10 = head.version.major == 1 && head.version.minor == 0
            if isHTTP10, !head.headers.contains(name: "Host") {
                head.headers.add(name: "Host", value: "")
                data = Self.wrapInboundOut(.head(head))
            }
            isLast = isLast || isHTTP10 || !head.isKeepAlive
            outstanding = Self.length(of: head)
            isAnswered = false
            expectsContinue = !isHTTP10 && outstanding != 0 && head.expectsContinue
        case .body(let part):
            clock.bodyArrived(part.readableBytes, at: .now())
            outstanding = outstanding.map { $0 - part.readableBytes }
            // Some clients do not wait for our word.
            expectsContinue = false
        case .end: clock.requestEnded(at: .now())
        }
        watch(context)
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isLingering {
            context.read()
        } else {
            clock.partOfHead(at: .now())
            watch(context)
        }
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            isLast = true
            if clock.isReadingBody { context.fireErrorCaught(BrokenBody.left) }
        case is ChannelShouldQuiesceEvent:
            clock.stops(at: .now())
            watch(context)
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// What cannot be parsed is answered by Hummingbird, and ends the connection.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        (isLast, isBroken) = (true, true)
        context.fireErrorCaught(error)
    }

    // MARK: To the client

    func read(context: ChannelHandlerContext) {
        // Requests that come before the last one's answer is out wait in the kernel, not in our memory.
        guard mayRead else {
            holdsRead = true
            return
        }
        clock.reads(at: .now())
        watch(context)
        context.read()
    }

    private var mayRead: Bool { isLingering || unanswered == 0 || clock.isReadingBody }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch Self.unwrapOutboundIn(data) {
        case .head(var head) where !head.isInformational:
            clock.answers(0, at: .now())
            isAnswered = unanswered <= 1
            // Whoever was not told to continue may or may not send a body; only a new connection is unambiguous.
            if isAnswered, clock.isReadingBody, expectsContinue || outstanding ?? .max > limits.drained {
                isLast = true
            }
            if isLast, unanswered <= 1 || isBroken { head.headers.replaceOrAdd(name: "Connection", value: "close") }
            // No chunks for whoever does not know them.
            if isHTTP10, !head.headers.contains(name: "Content-Length") { head.version = .http1_0 }
            watch(context)
            context.write(Self.wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            let written = promise ?? context.eventLoop.makePromise(of: Void.self)
            unanswered = max(0, unanswered - 1)
            leaving += 1
            let here = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            written.futureResult.whenSuccess {
                let (keeper, context) = here.value
                keeper.answered(context)
            }
            context.write(data, promise: written)
        case let part:
            if case .body(let bytes) = part { clock.answers(bytes.readableBytes, at: .now()) }
            context.write(data, promise: promise)
        }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        switch event {
        case is BodyWanted:
            if expectsContinue, clock.isReadingBody, !isAnswered {
                expectsContinue = false
                let head = HTTPResponseHead(version: .http1_1, status: .continue)
                context.writeAndFlush(Self.wrapOutboundOut(.head(head)), promise: nil)
            }
            promise?.succeed()
        case is OpenConnections.Crowded:
            watch(context)
            promise?.succeed()
        default: context.triggerUserOutboundEvent(event, promise: promise)
        }
    }

    private func answered(_ context: ChannelHandlerContext) {
        clock.answered(at: .now())
        leaving -= 1
        if isLast, unanswered == 0 && leaving == 0 || isBroken {
            linger(context)
        } else if holdsRead, mayRead {
            holdsRead = false
            context.read()
        }
        watch(context)
    }

    /// Says that nothing more will come, and waits a little for the other side to say the same. To close with unread
    /// bytes at hand would reset the connection, and the answer might be lost with it. Many clients take our end of a
    /// connection for all of it, so while a body still comes, that waits.
    private func linger(_ context: ChannelHandlerContext) {
        guard !isLingering else { return }
        (isLingering, isDeaf) = (true, true)
        clock.lingers(at: .now())
        if !clock.isReadingBody || isLate { context.close(mode: .output, promise: nil) }
        context.read()
    }

    // MARK: Time

    /// The clock knows of one request. Who has sent the next one already does not let us wait.
    private var deadline: (time: NIODeadline, lateness: ConnectionClock.Lateness)? {
        guard let deadline = clock.deadline(isCrowded: connections.isCrowded) else { return nil }
        return unanswered > 0 && [.silence, .head].contains(deadline.lateness) ? nil : deadline
    }

    /// Sees to it that somebody looks at the clock at its deadline.
    private func watch(_ context: ChannelHandlerContext) {
        guard let deadline = deadline?.time, context.channel.isActive
        else { return }
        if let timer {
            // A look that comes too early does not harm, and there are many events.
            guard deadline < timer.at else { return }
            timer.task.cancel()
        }
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.timer = nil
            self.look(context)
        }
        timer = (deadline, task)
    }

    private func look(_ context: ChannelHandlerContext) {
        guard let (deadline, lateness) = deadline, deadline <= .now() else {
            return watch(context)
        }
        switch lateness {
        case .silence, .answer, .goodbye: context.close(promise: nil)
        case .head:
            (isLast, isDeaf) = (true, true)
            var head = HTTPResponseHead(version: .http1_1, status: .requestTimeout)
            head.headers.add(name: "Content-Length", value: "0")
            write(context: context, data: Self.wrapOutboundOut(.head(head)), promise: nil)
            write(context: context, data: Self.wrapOutboundOut(.end(nil)), promise: nil)
            context.flush()
        case .body:
            (isLast, isLate) = (true, true)
            // Whoever reads it answers 408. Where the answer is out, or nobody reads, this ends it anyway.
            context.fireErrorCaught(BrokenBody.late)
            clock.lingers(at: .now())
            watch(context)
        }
    }

    /// nil for a body of unknown length.
    private static func length(of head: HTTPRequestHead) -> Int? {
        if head.headers.contains(name: "Transfer-Encoding") { return nil }
        return head.headers.first(name: "Content-Length").map { Int($0) } ?? 0
    }
}

extension HTTPRequestHead {
    var expectsContinue: Bool {
        headers[canonicalForm: "Expect"].contains { ProtocolText.sameIgnoringCase($0, "100-continue") }
    }
}

extension HTTPResponseHead {
    var isInformational: Bool { (100..<200).contains(status.code) }
}
