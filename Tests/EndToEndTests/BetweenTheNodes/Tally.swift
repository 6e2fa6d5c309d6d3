import Contributor
import DAP
import FaultProxy
import Synchronization
import Tasks
import Testing

/// A task whose reports are powers of two, each once: the sum says which of them were counted, and how often.
final class Tally: Sendable {
    static let reports = 10

    let task: TaskFile
    let client: TaskClient
    /// The same for all reports, so that they are in one bucket.
    let now = currentTime()
    private let seed: [UInt8]
    private let uploads = Mutex((next: 0, acknowledged: UInt64(0)))

    /// Of reports that nothing was wrong with, how long until all are counted, on a machine that has other things to do.
    static let patience: Duration = .seconds(150)

    /// - Parameter patience: how long contributors repeat a request that is not answered as they want.
    init(_ task: TaskFile, _ nodes: TestNodes, patience: Duration = .seconds(60)) throws {
        self.task = task
        seed = try nodes.wallet().seed
        client = try TaskClient(task: task, transport: HTTPTransport(deadline: patience))
    }

    /// What a task is of.
    struct Kind: Sendable, CustomStringConvertible {
        let isCommitted: Bool
        let mode: BatchMode

        /// All four, one after the other.
        static func number(_ number: Int) -> Kind {
            Kind(isCommitted: number / 2 % 2 == 0, mode: number % 2 == 0 ? .timeInterval : .leaderSelected)
        }

        /// Both batch modes, one after the other.
        static func number(_ number: Int, committed: Bool) -> Kind {
            Kind(isCommitted: committed, mode: number % 2 == 0 ? .timeInterval : .leaderSelected)
        }

        var description: String { "\(isCommitted ? "committed" : "uncommitted"), \(mode)" }

        var options: [String] {
            [
                "--vdaf", "sum", "--max-measurement", "\((1 << reports) - 1)",
                isCommitted ? "--committed" : "--uncommitted",
                "--batch-mode", mode == .timeInterval ? "time-interval" : "leader-selected", "--min-batch-size", "2",
                "--max-batch-size", "1000",
            ]
        }
    }

    /// Creates the task and adds it to both nodes.
    static func create(_ name: String, _ kind: Kind, _ options: String..., nodes: TestNodes) async throws -> Tally {
        try Tally(try await nodes.createTask(name, kind.options + options), nodes)
    }

    /// Of the task's resources at either node; `resource` is the last segment.
    func path(_ resource: String) -> PathPattern { "tasks/\(task.taskID.base64URL)/\(resource)" }
    func cairnPath(_ resource: String) -> PathPattern { "cairn/tasks/\(task.taskID.base64URL)/\(resource)" }

    /// The sum of what the leader has acknowledged.
    var acknowledged: UInt64 { uploads.withLock { $0.acknowledged } }

    /// Uploads the next powers of two in one request, and another report that the helper cannot open where asked for.
    ///
    /// - Returns: whether the leader acknowledged all.
    @discardableResult
    func upload(_ count: Int = Tally.reports, andOneThatTheHelperRefuses: Bool = false) async throws -> Bool {
        let first = uploads.withLock { $0.next }
        let values = (first..<first + count).map { UInt64(1) << $0 }
        var reports = try await client.prepare(values.map { .integer($0) }, seed: seed, time: now)
        if andOneThatTheHelperRefuses {
            reports += try await client.prepare([.integer(0)], seed: seed, time: now).map {
                $0.withBrokenHelperCiphertext()
            }
        }
        let outcomes = try await client.send(reports)
        let accepted = zip(values, outcomes).filter { $1.error == nil }.map { $0.0 }
        uploads.withLock { uploads in
            uploads.next += count
            uploads.acknowledged += accepted.reduce(0, +)
        }
        return outcomes.allSatisfy { $0.error == nil }
    }

    /// Collects everything, and checks that what was acknowledged, and nothing else, is in the sum once.
    ///
    /// - Parameter rejected: what the leader has to say about others.
    func expectExactSum(
        _ label: String, _ nodes: TestNodes, rejected: [String: Int] = [:], patience: Duration = Tally.patience
    ) async throws {
        let outcome = try await collect(nodes, patience: patience)
        let counted: Comment = "\(label): \(outcome.count) reports, sum \(outcome.value), of \(acknowledged)"
        #expect(outcome.value == .integer(UInt128(acknowledged)), counted)
        #expect(outcome.count == UInt64(acknowledged.nonzeroBitCount), counted)
        let status = try await client.status()
        #expect(status.rejected == rejected, "\(label)")
        #expect(status.pending == 0, "\(label)")
        #expect(status.batches.allSatisfy { $0.state == "collected" }, "\(label): \(status.batches)")
    }

    func collect(_ nodes: TestNodes, patience: Duration = Tally.patience) async throws -> CollectionOutcome {
        let query: Query =
            task.configuration.batchMode == .leaderSelected
            ? .leaderSelected
            : .timeInterval(Interval(start: task.configuration.time(ofSeconds: now), duration: 1))
        return try await nodes.collector(task).collect(query, deadline: patience)
    }

    /// Waits until the leader has nothing more to do with its reports.
    func settle(_ label: String, patience: Duration = Tally.patience) async throws -> TaskStatus {
        let start = ContinuousClock.now
        while true {
            let status = try await client.status()
            if status.pending == 0, status.received > 0 { return status }
            try #require(ContinuousClock.now - start < patience, "\(label): \(status.pending) reports wait")
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

extension TestNodes {
    /// The log that all committed tasks of a test share is as the audit wants it.
    func expectVerifiedAudit(of task: TaskFile) async throws {
        let audit = try await Cairn.run("audit", "--log", leader.logFolder, "--policy", policyPath(task.name), "--json")
        #expect(audit.status == 0, "\(audit.output.suffix(2000))\(audit.errors)")
    }
}

/// Waits for something that has to happen.
func eventually(
    _ what: String, within bound: Duration = .seconds(120), _ condition: () async throws -> Bool
) async throws {
    let start = ContinuousClock.now
    while try await !condition() {
        try #require(ContinuousClock.now - start < bound, "\(what): not within \(bound)")
        try await Task.sleep(for: .milliseconds(20))
    }
}
