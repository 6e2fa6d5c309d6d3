import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

// The proxy's own server. It is made of NIO's parts, because no web framework lets its routes break connections.
// (The type is in `FaultProxy.swift`.)

extension FaultProxy {
    private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    /// Runs the proxy while `body` runs.
    package func serve(_ body: () async throws -> Void) async throws {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        let serving = Task { try await self.accept(server) }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        serving.cancel()
        connections.close()
        _ = await serving.result
        try result.get()
    }

    private func accept(_ server: NIOAsyncChannel<Connection, Never>) async throws {
        try await server.executeThenClose { inbound in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in inbound {
                    group.addTask { await self.talk(on: connection) }
                }
            }
        }
    }

    /// Answers one request after the other until the client ends the connection, or a fault does.
    private func talk(on connection: Connection) async {
        let id = connections.add(connection.channel)
        defer { connections.remove(id) }
        // Broken connections are what this is about: no error is worth a word.
        try? await connection.executeThenClose { inbound, outbound in
            var head: HTTPRequestHead?
            var body: [UInt8] = []
            for try await part in inbound {
                switch part {
                case .head(let new): (head, body) = (new, [])
                case .body(let bytes): body.append(contentsOf: bytes.readableBytesView)
                case .end:
                    guard let head else { return }
                    let request = ProxyRequest(
                        method: head.method.rawValue, uri: head.uri, headers: head.headers.map { ($0.name, $0.value) },
                        body: body)
                    let fault = fault(for: request)
                    let answer = try await answer(to: request, under: fault)
                    guard try await deliver(answer, fault.delivery, to: outbound, isKept: head.isKeepAlive) else {
                        return
                    }
                }
            }
        }
    }

    /// - Returns: whether the connection goes on.
    private func deliver(
        _ answer: ProxyAnswer, _ delivery: Fault.Delivery,
        to outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>, isKept: Bool
    ) async throws -> Bool {
        var length = answer.body.count
        // Answers without a body have something to tear as well.
        if case .torn = delivery { length = max(length, 64) }
        var headers = HTTPHeaders(answer.headers.filter { !Self.ofOneConnection.contains($0.name.lowercased()) })
        if answer.status != 204 { headers.add(name: "Content-Length", value: "\(length)") }
        if !isKept { headers.add(name: "Connection", value: "close") }
        let head = HTTPServerResponsePart.head(
            HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status), headers: headers))
        switch delivery {
        case .never: return false
        case .torn:
            try await outbound.write(head)
            try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: answer.body.prefix(answer.body.count / 2)))))
            return false
        case .trickled(let pause):
            try await outbound.write(head)
            for byte in answer.body {
                try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: [byte]))))
                try await Task.sleep(for: pause)
            }
            try await outbound.write(.end(nil))
        case .whole:
            try await outbound.write(
                contentsOf: [head, .body(.byteBuffer(ByteBuffer(bytes: answer.body))), .end(nil)])
        }
        return true
    }

    /// The connections that are open, so that all can be ended at once.
    final class Connections: Sendable {
        private let open = Mutex<(next: Int, channels: [Int: any Channel])>((0, [:]))

        func add(_ channel: any Channel) -> Int {
            open.withLock { open in
                open.next += 1
                open.channels[open.next] = channel
                return open.next
            }
        }

        func remove(_ id: Int) { open.withLock { _ = $0.channels.removeValue(forKey: id) } }

        func close() {
            for channel in open.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
        }
    }
}
