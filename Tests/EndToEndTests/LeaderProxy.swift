import AggregatorNode
import AsyncHTTPClient
import DAP
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// Stands where the task says that the leader is, passes everything on to it, and answers uploads as a dishonest leader
/// would who keeps the reports all the same.
final class LeaderProxy: Sendable {
    enum Behaviour: Sendable {
        case honest
        /// The first upload is stored, and answered with `outdated_config` for all its reports.
        case keepingAndAskingForOtherKeysOnce
        /// Every upload is.
        case keepingAndAskingForOtherKeysForEver
        /// Uploads are not even stored, and answered with `outdated_config` for all their reports.
        case droppingAndAskingForOtherKeys
        /// Uploads are stored, and the answer names all their reports as failed.
        case keepingAndRefusing(ReportError)
        /// Uploads are stored, and never answered.
        case keepingAndBreaking
        /// So many uploads get this status and `Retry-After`, whether they are stored or not, and the rest pass.
        case failing(Int, retryAfter: Int? = nil, times: Int = .max, storing: Bool)
    }

    /// Where contributors, and the helper, find the leader.
    let port: Int
    private let leaderPort: Int
    private let state = Mutex<(behaviour: Behaviour, uploads: [[Report]])>((.honest, []))
    /// How long the answer to a request for a batch is on its way.
    let collectionDelay = Mutex(Duration.zero)

    init(port: UInt16, leaderPort: UInt16) {
        self.port = Int(port)
        self.leaderPort = Int(leaderPort)
    }

    var behaviour: Behaviour {
        get { state.withLock { $0.behaviour } }
        set { state.withLock { $0.behaviour = newValue } }
    }

    /// The reports of every upload that came, in order.
    var uploads: [[Report]] { state.withLock { $0.uploads } }

    /// Runs the proxy while `body` runs.
    func serve(_ body: () async throws -> Void) async throws {
        var routes = RouteTable()
        routes.get("**") { request, _ in try await self.pass(request) }
        routes.delete("**") { request, _ in try await self.pass(request) }
        routes.post("**") { request, _ in
            if request.uri.path.hasSuffix("/reports") { return try await self.upload(request) }
            let answer = try await self.pass(request)
            if request.uri.path.hasSuffix("/collection_jobs") {
                try await Task.sleep(for: self.collectionDelay.withLock { $0 })
            }
            return answer
        }
        let (ready, continuation) = AsyncStream.makeStream(of: Int.self)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let app = application(
            routes, below: "", host: "127.0.0.1", port: port, logger: logger, onReady: { continuation.yield($0) })
        let group = ServiceGroup(configuration: .init(services: [app], gracefulShutdownSignals: [], logger: logger))
        let task = Task { try await group.run() }
        for await _ in ready { break }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        _ = await task.result
        try result.get()
    }

    private func upload(_ request: Request) async throws -> Response {
        let body = try await request.bytes(upTo: 64 << 20)
        let reports = try UploadRequest(decoding: body).reports
        let (behaviour, isFirst) = state.withLock { state in
            state.uploads.append(reports)
            let behaviour = state.behaviour
            if case .failing(let status, let retryAfter, let times, let storing) = behaviour {
                state.behaviour =
                    times > 1
                    ? .failing(status, retryAfter: retryAfter, times: times - 1, storing: storing) : .honest
            }
            return (behaviour, state.uploads.count == 1)
        }
        func refusing(_ error: ReportError) -> Response {
            var headers = HTTPFields()
            headers[.contentType] = MediaType.uploadErrors.headerValue
            let statuses = reports.map { ReportUploadStatus(reportID: $0.metadata.reportID, error: error) }
            return Response(
                status: .ok, headers: headers,
                body: .init(byteBuffer: ByteBuffer(bytes: UploadErrors(statuses: statuses).encoded())))
        }
        if case .droppingAndAskingForOtherKeys = behaviour { return refusing(.outdatedConfig) }
        if case .failing(let status, let retryAfter, _, let storing) = behaviour {
            if storing { _ = try await pass(request, body: body) }
            var headers = HTTPFields()
            headers[.contentType] = "text/html"
            if let retryAfter { headers[.retryAfter] = "\(retryAfter)" }
            return Response(
                status: .init(code: status), headers: headers,
                body: .init(byteBuffer: ByteBuffer(string: "<html>something went wrong</html>")))
        }
        let answer = try await pass(request, body: body)
        switch behaviour {
        case .keepingAndAskingForOtherKeysOnce where isFirst, .keepingAndAskingForOtherKeysForEver:
            return refusing(.outdatedConfig)
        case .keepingAndRefusing(let error): return refusing(error)
        // A body that ends before its length: the connection breaks.
        case .keepingAndBreaking:
            var headers = HTTPFields()
            headers[.contentLength] = "1000"
            return Response(status: .ok, headers: headers, body: .init { _ in throw BrokenConnection() })
        default: return answer
        }
    }

    private struct BrokenConnection: Error {}

    private func pass(_ request: Request, body known: [UInt8]? = nil) async throws -> Response {
        var passed = HTTPClientRequest(url: "http://127.0.0.1:\(leaderPort)\(request.uri)")
        passed.method = .init(rawValue: request.method.rawValue)
        for name in ["content-type", "authorization", "dap-taskprov"] {
            if let field = HeaderName(name), let value = request.headers[field] {
                passed.headers.add(name: name, value: value)
            }
        }
        let body: [UInt8]
        if let known { body = known } else { body = try await request.bytes(upTo: 64 << 20) }
        if request.method == .post { passed.body = .bytes(ByteBuffer(bytes: body)) }
        let answer = try await HTTPClient.shared.execute(passed, timeout: .seconds(120))
        let bytes = try await answer.body.collect(upTo: 64 << 20)
        var headers = HTTPFields()
        for header in answer.headers {
            let name = header.name.lowercased()
            guard name != "content-length", name != "transfer-encoding", name != "connection",
                let field = HeaderName(name)
            else { continue }
            headers[field] = header.value
        }
        return Response(
            status: .init(code: Int(answer.status.code)), headers: headers, body: .init(byteBuffer: bytes))
    }
}
