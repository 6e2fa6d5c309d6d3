import AggregatorNode
import DAP
import FaultProxy
import Synchronization
import Testing

/// Stands where the leader looks for the helper, and answers requests about aggregation jobs by a script.
final class OddHelper: Sendable {
    struct Asked: Sendable {
        /// Which request about this task it is, from 0.
        var number: Int
        var method: String
        var path: String
        var body: [UInt8]
        var time: ContinuousClock.Instant
    }

    typealias Script = @Sendable (Asked) -> Fault

    static let pass: Script = { _ in .pass }

    private let proxy: FaultProxy
    private let seen = Mutex<[Asked]>([])

    /// It has its place at the helper's public URL.
    init(before helper: NodeConfiguration, script: @escaping Script) throws {
        proxy = try FaultProxy(before: helper)
        proxy.follow { request in
            guard ["POST", "GET"].contains(request.method), request.path.contains("/aggregation_jobs") else {
                return .pass
            }
            return script(self.note(request))
        }
    }

    private func note(_ request: ProxyRequest) -> Asked {
        seen.withLock { seen in
            let before = seen.count { $0.path.split(separator: "/")[1] == request.path.split(separator: "/")[1] }
            let asked = Asked(
                number: before, method: request.method, path: request.path, body: request.body, time: .now)
            seen.append(asked)
            return asked
        }
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
        let odd = try OddHelper(before: pair.helper, script: script)
        try await odd.proxy.serve {
            let leader = try await pair.start(pair.leader, ahead: ahead, logger: log.logger("leader"))
            let helper = try await pair.start(pair.helper, logger: log.logger("helper"))
            let result: Result<Void, any Error>
            do { result = .success(try await body(clients, odd, leader)) } catch { result = .failure(error) }
            await leader.stop()
            await helper.stop()
            try result.get()
        }
    }
}

extension FaultProxy {
    /// At a node's public URL, in front of the port on which it listens.
    convenience init(before node: NodeConfiguration) throws {
        let port = try #require(node.publicURL.string.split(separator: ":").last.flatMap { UInt16($0) })
        self.init(port: port, upstreamPort: UInt16(clamping: node.listenPort), remembers: false)
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
            return .instead(.problem(.dap(.invalidMessage, "There is something about one of them.")))
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
