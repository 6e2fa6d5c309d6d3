import AggregatorNode
import DAP
import Foundation
import Hummingbird
import ServiceLifecycle
import Synchronization
import Testing

/// Stands where the leader looks for the helper, and answers requests about aggregation jobs by a script.
final class OddHelper: Sendable {
    /// What happens to one request about a job.
    enum Act: Sendable {
        case pass
        /// The helper acts on the request, and its answer is replaced.
        case replace(@Sendable (Answer) throws -> Response)
        /// The helper never sees it.
        case keep(@Sendable () throws -> Response)
    }

    struct Asked: Sendable {
        /// Which request about this task it is, from 0.
        var number: Int
        var method: String
        var path: String
        var body: [UInt8]
        var time: ContinuousClock.Instant
    }

    typealias Script = @Sendable (Asked) -> Act

    static let pass: Script = { _ in .pass }

    private let helper: TestClient
    private let script: Script
    private let seen = Mutex<[Asked]>([])

    init(before helper: NodeConfiguration, script: @escaping Script) {
        self.helper = TestClient(port: helper.listenPort)
        self.script = script
    }

    /// The requests about jobs, in order; of one task where it is named.
    func asked(_ task: TaskID? = nil) -> [Asked] {
        seen.withLock { $0 }.filter { task == nil || $0.path.contains(task?.base64URL ?? "") }
    }

    /// The different requests by which jobs were created.
    func bodies(_ task: TaskID? = nil) -> Set<[UInt8]> { Set(asked(task).filter { $0.method == "POST" }.map(\.body)) }

    /// Runs a pair of nodes with this in between.
    static func with(
        _ tasks: [(committed: Bool, mode: BatchMode)], precision: UInt64 = 60, ahead: UInt64 = 0,
        log: LogRecorder = LogRecorder(),
        script: @escaping Script,
        _ body: ([PairClient], OddHelper, _ leader: NodePair.Running) async throws -> Void
    ) async throws {
        let pair = try NodePair(throughProxy: true)
        let clients = try await tasks.asyncMap {
            try PairClient(pair, try await pair.addTask(committed: $0.committed, mode: $0.mode, precision: precision))
        }
        let odd = OddHelper(before: pair.helper, script: script)
        let port = try #require(Int(pair.helper.publicURL.string.split(separator: ":").last ?? ""))
        try await odd.serve(port: port) {
            let leader = try await pair.start(pair.leader, ahead: ahead, logger: log.logger("leader"))
            let helper = try await pair.start(pair.helper, logger: log.logger("helper"))
            let result: Result<Void, any Error>
            do { result = .success(try await body(clients, odd, leader)) } catch { result = .failure(error) }
            await leader.stop()
            await helper.stop()
            try result.get()
        }
    }

    private func serve(port: Int, _ body: () async throws -> Void) async throws {
        var routes = RouteTable()
        routes.post("/tasks/:task/aggregation_jobs") { request, _ in try await self.act(request) }
        routes.get("/tasks/:task/aggregation_jobs/:id") { request, _ in try await self.act(request) }
        routes.delete("/tasks/:task/aggregation_jobs/:id") { request, _ in try await self.pass(request).response }
        routes.post("/tasks/:task/aggregate_shares") { request, _ in try await self.pass(request).response }
        routes.post("/cairn/tasks/:task/closes") { request, _ in try await self.pass(request).response }
        routes.post("/cairn/tasks/:task/refusals") { request, _ in try await self.pass(request).response }
        routes.get("/cairn/blobs/:blob") { request, _ in try await self.pass(request).response }
        routes.post("/cairn/handshake") { request, _ in try await self.pass(request).response }
        routes.post("/witness/add-checkpoint") { request, _ in try await self.pass(request).response }
        let (ready, continuation) = AsyncStream.makeStream(of: Int.self)
        let app = application(
            routes, below: "", host: "127.0.0.1", port: port, logger: quietLogger(),
            onReady: { continuation.yield($0) })
        let group = ServiceGroup(
            configuration: .init(services: [app], gracefulShutdownSignals: [], logger: quietLogger()))
        let task = Task { try await group.run() }
        for await _ in ready { break }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        _ = await task.result
        try result.get()
    }

    private func act(_ request: Request) async throws -> Response {
        let body = try await request.bytes(upTo: 64 << 20)
        let path = request.uri.path
        let asked = seen.withLock { seen in
            let before = seen.count { $0.path.split(separator: "/")[1] == path.split(separator: "/")[1] }
            let asked = Asked(
                number: before, method: request.method.rawValue, path: path, body: body, time: .now)
            seen.append(asked)
            return asked
        }
        switch script(asked) {
        case .pass: return try await pass(request, body).response
        case .keep(let response): return try response()
        case .replace(let change): return try change(try await pass(request, body))
        }
    }

    private func pass(_ request: Request, _ body: [UInt8]? = nil) async throws -> Answer {
        let bytes = if let body { body } else { try await request.bytes(upTo: 64 << 20) }
        var headers: [String: String] = [:]
        for name in ["content-type", "authorization", "dap-taskprov"] {
            if let field = HeaderName(name), let value = request.headers[field] { headers[name] = value }
        }
        return try await helper.send(
            request.method.rawValue, "\(request.uri)", body: request.method == .post ? bytes : nil, headers: headers)
    }
}

extension Answer {
    /// The answer as it came.
    var response: Response {
        var fields = HTTPFields()
        for name in ["content-type", "location", "cairn-statement", "retry-after"] {
            if let field = HeaderName(name), let value = headers[name] { fields[field] = value }
        }
        return Response(
            status: .init(code: status), headers: fields, body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }

    func with(status: Int? = nil, body: [UInt8]? = nil, type: String? = nil, dropping header: String? = nil) -> Response
    {
        var answer = self
        if let status { answer.status = status }
        if let body { answer.body = body }
        if let type { answer.headers["content-type"] = type }
        if let header { answer.headers[header] = nil }
        return answer.response
    }
}

extension Sequence {
    func asyncMap<T>(_ transform: (Element) async throws -> T) async rethrows -> [T] {
        var mapped: [T] = []
        for element in self { mapped.append(try await transform(element)) }
        return mapped
    }
}

/// What a script learns while the test runs.
final class Poison: Sendable {
    private let known = Mutex<(report: ReportID?, task: String)>((nil, "none"))

    var report: ReportID? {
        get { known.withLock { $0.report } }
        set { known.withLock { $0.report = newValue } }
    }

    var task: String {
        get { known.withLock { $0.task } }
        set { known.withLock { $0.task = newValue } }
    }

    /// Refuses, as a helper would, every job with the report.
    var script: OddHelper.Script {
        { asked in
            guard asked.method == "POST", let report = self.report,
                let message = try? AggregationJobInitReq(decoding: asked.body),
                message.verifyInits.contains(where: { $0.reportShare.metadata.reportID == report })
            else { return .pass }
            return .keep { Response.problem(.dap(.invalidMessage, "There is something about one of them.")) }
        }
    }
}

extension PairClient {
    /// Uploads so many reports, of 0, 1, 2 and so on in the first place.
    func uploadSome(_ count: UInt64 = 4) async throws {
        #expect(try await upload(try (0..<count).map { try report([$0 % 8, 1, 7]) }).isEmpty)
    }

    /// Collects them: each is counted once.
    func expectAll(_ count: UInt64 = 4) async throws {
        let query = file.configuration.batchMode == .timeInterval ? today : .leaderSelected
        let result = try await collect(query)
        #expect(result.count == count)
        let first = (0..<count).reduce(0) { $0 + $1 % 8 }
        #expect(result.sums == .vector([UInt128(first), UInt128(count), UInt128(7 * count)]))
        let status = try await status()
        #expect(status["accepted"] as? Int == Int(count) && (status["rejected"] as? [String: Int])?.isEmpty == true)
    }
}
