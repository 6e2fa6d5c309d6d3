import AggregatorNode
import AsyncHTTPClient
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// What a server answered.
struct Answer {
    var status: Int
    var body: [UInt8]
    var headers: [String: String]

    var text: String { String(decoding: body, as: UTF8.self) }
}

/// Real HTTP requests to an application on an ephemeral port of this machine.
struct TestClient: Sendable {
    let port: Int

    func send(
        _ method: String, _ path: String, body: [UInt8]? = nil, headers: [String: String] = [:]
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = .init(rawValue: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
        let bytes = try await response.body.collect(upTo: 64 << 20)
        var fields: [String: String] = [:]
        for header in response.headers { fields[header.name.lowercased()] = header.value }
        return Answer(status: Int(response.status.code), body: Array(bytes.readableBytesView), headers: fields)
    }
}

/// Serves `routes` while `body` runs.
func withServer<Value: Sendable>(
    _ routes: RouteTable, below prefix: String = "", limits: ServingLimits = ServingLimits(),
    logger: Logger = quietLogger(), _ body: @escaping @Sendable (TestClient) async throws -> Value
) async throws -> Value {
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let app = try application(
        routes, below: prefix, host: "127.0.0.1", port: 0, limits: limits, logger: logger,
        onReady: { continuation.yield($0) })
    return try await withThrowingTaskGroup(of: Void.self) { group in
        let services = ServiceGroup(
            configuration: .init(services: [app], gracefulShutdownSignals: [], logger: quietLogger()))
        group.addTask { try await services.run() }
        var iterator = ports.makeAsyncIterator()
        guard let port = await iterator.next() else { throw CancellationError() }
        let result: Result<Value, any Error>
        do { result = .success(try await body(TestClient(port: port))) } catch { result = .failure(error) }
        await services.triggerGracefulShutdown()
        try await group.waitForAll()
        return try result.get()
    }
}

func quietLogger() -> Logger {
    Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
